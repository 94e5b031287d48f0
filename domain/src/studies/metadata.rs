//! The DICOM JSON of a series, kept ready to serve.

use crate::App;
use crate::error::{Error, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::storage::{StoredFile, release};
use entity::{instance, series, study};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter,
};

/// A series and its study, for the workers.
pub async fn series_to_index(app: &App, series_id: i64) -> Result<(series::Model, study::Model)> {
    let found = series::Entity::find_by_id(series_id).find_also_related(study::Entity).one(app.db.reader()).await?;
    match found {
        Some((series, Some(study))) => Ok((series, study)),
        _ => Err(Error::NotFound("Series")),
    }
}

/// In the completing transaction of the job: this object is the series' DICOM JSON from now on.
pub async fn series_indexed(
    tx: &impl ConnectionTrait,
    series: &series::Model,
    study: &study::Model,
    file: &StoredFile,
) -> Result<()> {
    let instances = instance::Entity::find().filter(instance::Column::SeriesId.eq(series.id)).count(tx).await?;
    let now = series::Entity::find_by_id(series.id).one(tx).await?.ok_or(Error::NotFound("Series"))?;
    release(tx, now.metadata_object_key.as_slice()).await?;
    let mut row = now.into_active_model();
    row.metadata_object_key = Set(Some(file.key.clone()));
    row.number_of_instances = Set(i32::try_from(instances).unwrap_or(i32::MAX));
    row.update(tx).await?;
    events::append(
        tx,
        NewEvent {
            kind: EventKind::SeriesIndexed,
            centre_id: Some(study.centre_id),
            study_id: Some(study.id),
            job_id: None,
            user_id: None,
            payload: serde_json::json!({ "series": series.uuid, "numberOfInstances": instances }),
        },
    )
    .await
}
