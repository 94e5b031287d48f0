//! Copies of instances in other transfer syntaxes; the original always stays.

use crate::App;
use crate::error::Result;
use crate::storage::StoredFile;
use chrono::Utc;
use entity::{instance, transcoding};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use std::collections::HashSet;

pub struct NewTranscoding {
    pub instance_id: i64,
    pub transfer_syntax_uid: String,
    pub sop_instance_uid: String,
    pub file: StoredFile,
    pub lossy_ratio: Option<f64>,
}

/// In the completing transaction of the job. A copy that another job made meanwhile is an error; the next attempt finds it.
pub async fn transcoding_add(tx: &impl ConnectionTrait, new: NewTranscoding) -> Result<()> {
    let row = transcoding::ActiveModel {
        instance_id: Set(new.instance_id),
        transfer_syntax_uid: Set(new.transfer_syntax_uid),
        sop_instance_uid: Set(new.sop_instance_uid),
        object_key: Set(new.file.key),
        lossy_ratio: Set(new.lossy_ratio),
        created_at: Set(Utc::now()),
        ..Default::default()
    };
    transcoding::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Instances of a study that have a copy in that syntax already.
pub async fn transcodings_done(app: &App, study_id: i64, transfer_syntax_uid: &str) -> Result<HashSet<i64>> {
    let copies = transcodings_list(app, study_id, transfer_syntax_uid).await?;
    Ok(copies.into_iter().map(|copy| copy.instance_id).collect())
}

/// The copies of a study's instances in one syntax, for those who have been given the study already.
pub async fn transcodings_list(app: &App, study_id: i64, transfer_syntax_uid: &str) -> Result<Vec<transcoding::Model>> {
    let instances = instance::Entity::find()
        .select_only()
        .column(instance::Column::Id)
        .filter(instance::Column::StudyId.eq(study_id));
    Ok(transcoding::Entity::find()
        .filter(transcoding::Column::TransferSyntaxUid.eq(transfer_syntax_uid))
        .filter(transcoding::Column::InstanceId.in_subquery(instances.into_query()))
        .all(app.db.reader())
        .await?)
}
