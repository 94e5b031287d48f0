//! Studies for worklists: copies of an uploaded one, with other attributes, as many as a test wants.

use crate::TestApp;
use crate::dicom;
use chrono::Utc;
use domain::studies;
use entity::{instance, job, report, series, study};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

/// What makes a copy differ.
pub type Change = Box<dyn Fn(&mut study::Model)>;

/// Studies of one transaction.
const AT_ONCE: usize = 50;

impl TestApp {
    /// The row of a study with two series that was uploaded for this app's centre.
    pub async fn study_to_copy(&self) -> study::Model {
        let technician = self.technician_of(self.centre).await;
        technician.upload(dicom::many_series(2, 8)).await;
        let found = study::Entity::find().one(self.app.db.reader()).await.expect("a database");
        found.expect("the study that was uploaded")
    }

    /// A copy for each change, with series, instances, jobs and words of its own; in this order.
    pub async fn copy_study(&self, of: &study::Model, changes: Vec<Change>) {
        for changes in changes.chunks(AT_ONCE) {
            let tx = self.app.db.begin().await.expect("a transaction");
            for change in changes {
                self.one_copy(&tx, of, change).await.expect("a copy");
            }
            tx.commit().await.expect("a commit");
        }
        studies::words_renew(&self.app.db).await.expect("words");
    }

    async fn one_copy(
        &self,
        tx: &sea_orm::DatabaseTransaction,
        of: &study::Model,
        change: impl Fn(&mut study::Model),
    ) -> Result<(), sea_orm::DbErr> {
        let mut copy = study::Model {
            uuid: Uuid::new_v4(),
            study_code: format!("T{}", &Uuid::new_v4().simple().to_string()[..7]).to_uppercase(),
            study_instance_uid: dicom::fresh_uid(),
            words_version: 0,
            created_at: Utc::now(),
            ..of.clone()
        };
        change(&mut copy);
        let mut row = copy.into_active_model();
        row.id = ActiveValue::NotSet;
        let id = study::Entity::insert(row).exec(tx).await?.last_insert_id;
        for old in series::Entity::find().filter(series::Column::StudyId.eq(of.id)).all(tx).await? {
            let mut row = old.clone().into_active_model();
            row.id = ActiveValue::NotSet;
            row.uuid = ActiveValue::Set(Uuid::new_v4());
            row.study_id = ActiveValue::Set(id);
            let series_id = series::Entity::insert(row).exec(tx).await?.last_insert_id;
            for old in instance::Entity::find().filter(instance::Column::SeriesId.eq(old.id)).all(tx).await? {
                let mut row = old.into_active_model();
                row.id = ActiveValue::NotSet;
                row.uuid = ActiveValue::Set(Uuid::new_v4());
                row.study_id = ActiveValue::Set(id);
                row.series_id = ActiveValue::Set(series_id);
                instance::Entity::insert(row).exec_without_returning(tx).await?;
            }
        }
        let report = report::ActiveModel {
            uuid: ActiveValue::Set(Uuid::new_v4()),
            study_id: ActiveValue::Set(id),
            centre_id: ActiveValue::Set(of.centre_id),
            is_ai_generated: ActiveValue::Set(false),
            is_verified: ActiveValue::Set(false),
            findings: ActiveValue::Set("None".into()),
            impression: ActiveValue::Set("None".into()),
            version: ActiveValue::Set(1),
            created_at: ActiveValue::Set(Utc::now()),
            updated_at: ActiveValue::Set(Utc::now()),
            ..Default::default()
        };
        report::Entity::insert(report).exec_without_returning(tx).await?;
        for old in job::Entity::find().filter(job::Column::StudyId.eq(of.id)).all(tx).await? {
            let mut row = old.into_active_model();
            row.id = ActiveValue::Set(Uuid::now_v7());
            row.study_id = ActiveValue::Set(Some(id));
            row.unique_key = ActiveValue::Set(None);
            row.state = ActiveValue::Set("SUCCEEDED".into());
            job::Entity::insert(row).exec_without_returning(tx).await?;
        }
        Ok(())
    }
}
