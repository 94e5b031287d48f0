//! The PDF of a verified report: asked for with each signature, made once for each number of addenda, kept as it is.

use super::read;
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::db::{Transaction, sql};
use crate::error::{Error, Result};
use crate::events::EventKind;
use crate::jobs::{self, NewJob, ReportPdfV1};
use crate::media::{self, SignedUrl};
use crate::policy::{Action, require, require_in};
use crate::storage::StoredFile;
use crate::studies::{self, RenditionKind};
use chrono::Utc;
use entity::report_document::{self, Column, Entity, Model};
use entity::{centre, instance, rendition, report, report_addendum, report_key_image, series, study, user};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Value,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Previews of one document.
const PICTURES: u64 = 6;

/// Everything that the document of a report says.
#[derive(Debug)]
pub struct Sheet {
    pub report: report::Model,
    pub study: study::Model,
    pub centre: centre::Model,
    /// In their order.
    pub addenda: Vec<report_addendum::Model>,
    /// Those who signed, by number.
    pub signers: HashMap<i64, user::Model>,
    pub pictures: Vec<SheetPicture>,
}

/// A picture of the document.
#[derive(Debug)]
pub enum SheetPicture {
    /// A frame that the radiologist chose, to be drawn.
    Chosen(report_key_image::Model, Box<instance::Model>),
    /// The preview of a series, which a worker has drawn already: where nothing was chosen.
    Preview {
        object_key: String,
        series_number: Option<i64>,
        series_description: Option<String>,
    },
}

/// In the transaction of a signature.
pub(super) async fn ask(tx: &Transaction, ctx: &Context, study: &study::Model, report_id: i64) -> Result<()> {
    let job = NewJob::of_study(ReportPdfV1 { report_id }, study).by(ctx.user_id());
    jobs::enqueue(tx, job).await?;
    Ok(())
}

/// For the worker: what the document says; none when it is made already.
pub async fn sheet_read(app: &App, report_id: i64) -> Result<Option<Sheet>> {
    let c = app.db.reader();
    let report = report::Entity::find_by_id(report_id).one(c).await?.ok_or(Error::NotFound("Report"))?;
    if !report.is_verified {
        return Err(Error::conflict("id", "REPORT_UNVERIFIED", "The report is not verified"));
    }
    let addenda = report_addendum::Entity::find().filter(report_addendum::Column::ReportId.eq(report_id));
    let addenda = addenda.order_by_asc(report_addendum::Column::Number).all(c).await?;
    let made = Entity::find().filter(Column::ReportId.eq(report_id)).filter(Column::Addenda.eq(count(&addenda)));
    if made.one(c).await?.is_some() {
        return Ok(None);
    }
    let study = study::Entity::find_by_id(report.study_id).one(c).await?.ok_or(Error::NotFound("Study"))?;
    let centre = centre::Entity::find_by_id(report.centre_id).one(c).await?.ok_or(Error::NotFound("Centre"))?;
    let signers = addenda.iter().filter_map(|addendum| addendum.signed_by_id).chain(report.verified_by_id);
    let signers = user::Entity::find().filter(user::Column::Id.is_in(signers)).all(c).await?;
    Ok(Some(Sheet {
        pictures: match chosen(c, report.id).await? {
            chosen if chosen.is_empty() => previews(c, study.id).await?,
            chosen => chosen,
        },
        signers: signers.into_iter().map(|signer| (signer.id, signer)).collect(),
        report,
        study,
        centre,
        addenda,
    }))
}

fn count(addenda: &[report_addendum::Model]) -> i32 {
    i32::try_from(addenda.len()).unwrap_or(i32::MAX)
}

async fn chosen(c: &impl ConnectionTrait, report_id: i64) -> Result<Vec<SheetPicture>> {
    let of_report = report_key_image::Entity::find().filter(report_key_image::Column::ReportId.eq(report_id));
    let images = of_report.order_by_asc(report_key_image::Column::Id).all(c).await?;
    let uuids = images.iter().map(|image| image.instance_uuid);
    let instances = instance::Entity::find().filter(instance::Column::Uuid.is_in(uuids)).all(c).await?;
    let instances: HashMap<Uuid, instance::Model> = instances.into_iter().map(|row| (row.uuid, row)).collect();
    let picture = |image: report_key_image::Model| {
        let instance = instances.get(&image.instance_uuid)?.clone();
        Some(SheetPicture::Chosen(image, Box::new(instance)))
    };
    Ok(images.into_iter().filter_map(picture).collect())
}

/// The previews of the first series.
async fn previews(c: &impl ConnectionTrait, study_id: i64) -> Result<Vec<SheetPicture>> {
    let of_study = series::Entity::find().filter(series::Column::StudyId.eq(study_id));
    let series = of_study
        .order_by_asc(series::Column::SeriesNumber)
        .order_by_asc(series::Column::Id)
        .limit(PICTURES)
        .all(c)
        .await?;
    let drawn = rendition::Entity::find()
        .filter(rendition::Column::SeriesId.is_in(series.iter().map(|series| series.id)))
        .filter(rendition::Column::Kind.eq(RenditionKind::Preview.as_str()))
        .filter(rendition::Column::Format.eq("jpeg"))
        .all(c)
        .await?;
    let mut drawn: HashMap<i64, String> =
        drawn.into_iter().filter_map(|row| Some((row.series_id, row.object_key?))).collect();
    let picture = |series: series::Model| {
        Some(SheetPicture::Preview {
            object_key: drawn.remove(&series.id)?,
            series_number: series.series_number,
            series_description: series.series_description,
        })
    };
    Ok(series.into_iter().filter_map(picture).collect())
}

/// In the completing transaction of the job: the document is in this object.
pub async fn sheet_made(tx: &Transaction, sheet: &Sheet, file: &StoredFile) -> Result<()> {
    let row = report_document::ActiveModel {
        report_id: Set(sheet.report.id),
        addenda: Set(count(&sheet.addenda)),
        object_key: Set(file.key.clone()),
        sha256: Set(file.sha256.clone()),
        size_bytes: Set(i64::try_from(file.size_bytes).unwrap_or(i64::MAX)),
        created_at: Set(Utc::now()),
        ..Default::default()
    };
    row.insert(tx).await?;
    let payload = serde_json::json!({ "report": sheet.report.uuid });
    let worker = Context::system("worker");
    studies::tell(tx, &worker, &sheet.study, EventKind::ReportDocumentMade, payload).await
}

/// For a DataLoader: the documents of the reports, which the caller has been given already; only those that have all addenda.
pub async fn documents_by_report(app: &App, report_ids: &[i64]) -> Result<Vec<Model>> {
    let template = format!(
        "SELECT * FROM report_document WHERE report_id IN ({})
         AND addenda = (SELECT count(*) FROM report_addendum WHERE report_addendum.report_id = report_document.report_id)",
        sql::numbers(1, report_ids.len())
    );
    let ids: Vec<Value> = report_ids.iter().map(|id| (*id).into()).collect();
    let statement = sql::statement(app.db.backend(), &template, ids);
    Ok(Entity::find().from_raw_sql(statement).all(app.db.reader()).await?)
}

/// A signed address of the document.
pub fn document_url(app: &App, ctx: &Context, report: &report::Model, document: &Model) -> SignedUrl {
    let path = format!("/media/reports/{}/documents/{}", report.uuid, document.addenda);
    media::sign(app, ctx, &path)
}

/// The document of a report with so many addenda, for the caller who may see the report.
pub async fn document_find(app: &App, ctx: &Context, report: Uuid, addenda: i32) -> Result<Model> {
    require(ctx, Action::ReportRead)?;
    let report = read::by_uuid(app, report).await?;
    require_in(ctx, Action::ReportRead, Some(report.centre_id), "Document")?;
    ctx.saw_part(
        AuditKind::ReportRead,
        report.study_id,
        format!("report:{}", report.uuid),
    );
    let query = Entity::find().filter(Column::ReportId.eq(report.id)).filter(Column::Addenda.eq(addenda));
    query.one(app.db.reader()).await?.ok_or(Error::NotFound("Document"))
}
