//! Keeping what an analysis gave: rows, pictures, and the DICOM objects that are stored in the study.

use super::report;
use crate::App;
use crate::context::Context;
use crate::db::Transaction;
use crate::error::Result;
use crate::storage::{StoredFile, release};
use crate::uploads::{Ingest, UploadForm, study_upload};
use bytes::Bytes;
use chrono::Utc;
use entity::{analysis, study};
use imaging::analysis::ReportText;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::Value;
use uuid::Uuid;

/// What a model said of one series.
#[derive(Debug)]
pub struct NewAnalysis {
    pub series_id: i64,
    pub model: String,
    pub model_version: String,
    pub weights_hash: Option<String>,
    pub input_hash: String,
    /// Or why the series was not analysed.
    pub results: Result<Value, String>,
    pub overlay: Option<(StoredFile, Value)>,
    pub segmentation_uid: Option<String>,
    pub report_uid: Option<String>,
}

/// In the completing transaction of the job: these are the analyses of the study's series from now on, and this is its report. Without a
/// text nothing could be analysed, and an earlier report stays.
pub async fn analyses_replace(
    app: &App,
    tx: &Transaction,
    study_id: i64,
    analyses: Vec<NewAnalysis>,
    text: Option<ReportText>,
) -> Result<()> {
    for new in analyses {
        let of_series = Condition::all()
            .add(analysis::Column::SeriesId.eq(new.series_id))
            .add(analysis::Column::Model.eq(&new.model));
        let old = analysis::Entity::find().filter(of_series.clone()).all(tx).await?;
        let keys: Vec<String> = old.into_iter().filter_map(|row| row.overlay_key).collect();
        release(tx, &keys).await?;
        analysis::Entity::delete_many().filter(of_series).exec(tx).await?;
        analysis::Entity::insert(row(study_id, new)).exec_without_returning(tx).await?;
    }
    if let Some(text) = text {
        report::replace(app, tx, study_id, &text).await?;
    }
    Ok(())
}

fn row(study_id: i64, new: NewAnalysis) -> analysis::ActiveModel {
    let (results, error) = match new.results {
        Ok(results) => (Some(results), None),
        Err(error) => (None, Some(error)),
    };
    let (overlay, legend) = new.overlay.map_or((None, None), |(file, legend)| (Some(file.key), Some(legend)));
    analysis::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        study_id: Set(study_id),
        series_id: Set(new.series_id),
        model: Set(new.model),
        model_version: Set(new.model_version),
        weights_hash: Set(new.weights_hash),
        input_hash: Set(new.input_hash),
        results: Set(results),
        error: Set(error),
        overlay_key: Set(overlay),
        overlay_legend: Set(legend),
        segmentation_uid: Set(new.segmentation_uid),
        report_uid: Set(new.report_uid),
        created_at: Set(Utc::now()),
        ..Default::default()
    }
}

/// Stores DICOM objects that were made of a study in it, as an upload does; the same bytes again change nothing.
pub async fn derived_add(app: &App, study: &study::Model, files: Vec<Vec<u8>>) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let ctx = Context::system("analyze_study");
    let mut ingest = Ingest::open(app, &ctx).await?;
    for (number, file) in files.into_iter().enumerate() {
        let body = futures::stream::iter([Ok(Bytes::from(file))]);
        ingest.file(&format!("derived-{number}.dcm"), body).await?;
    }
    let form = UploadForm {
        centre_id: Some(study.centre_id),
        ..Default::default()
    };
    study_upload(app, &ctx, ingest, form).await?;
    Ok(())
}
