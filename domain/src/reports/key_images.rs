//! Key images: the frames that a radiologist chose to show with a report. They are settled when it is verified.

use super::lock::locked_by_another;
use super::{held, read, verified};
use crate::App;
use crate::audit::{About, AuditKind};
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::input::{self, Checks};
use crate::page::{Lists, Page, PageRequest};
use crate::policy::{Action, require};
use crate::studies;
use chrono::Utc;
use entity::report_key_image::{self, Column, Entity, Model};
use entity::{report, study};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, IntoSimpleExpr, Iterable, Order,
    PaginatorTrait, QueryFilter, QuerySelect,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Of one report: a page of pictures or two, not the study once more.
const MOST: u64 = 12;

pub struct NewKeyImage {
    pub instance: Uuid,
    /// From 0.
    pub frame: u32,
    pub caption: Option<String>,
}

/// Shows a frame of the study with an unverified report; once more changes the caption.
pub async fn report_key_image_add(app: &App, ctx: &Context, uuid: Uuid, new: NewKeyImage) -> Result<report::Model> {
    require(ctx, Action::ReportWrite)?;
    Checks::default().add(input::optional_line("caption", new.caption.as_deref(), 200)).done()?;
    let found = read::by_uuid(app, uuid).await?;
    let instance = studies::instance_seen(app, ctx, new.instance).await?;
    if instance.study_id != found.study_id {
        return Err(Error::NotFound("Instance"));
    }
    let frame = i32::try_from(new.frame).ok().filter(|frame| *frame < instance.number_of_frames);
    let frame = frame.ok_or_else(|| {
        let message = format!("The instance has {} frames, counted from 0", instance.number_of_frames);
        Error::invalid("frame", "OUT_OF_RANGE", message)
    })?;
    let caption = new.caption.filter(|caption| !caption.is_empty());
    let (tx, study, report) = editable(app, ctx, &found).await?;
    match of(&tx, report.id, new.instance, frame).await? {
        Some(row) => {
            let mut row = row.into_active_model();
            row.caption = Set(caption);
            row.update(&tx).await?;
        }
        None => {
            if Entity::find().filter(Column::ReportId.eq(report.id)).count(&tx).await? >= MOST {
                let message = format!("A report shows at most {MOST} key images");
                return Err(Error::conflict("frame", "TOO_MANY_KEY_IMAGES", message));
            }
            let row = report_key_image::ActiveModel {
                report_id: Set(report.id),
                instance_uuid: Set(new.instance),
                frame: Set(frame),
                caption: Set(caption),
                added_by_id: Set(ctx.user_id()),
                created_at: Set(Utc::now()),
                ..Default::default()
            };
            row.insert(&tx).await?;
        }
    }
    let about = About::study(&study).and("report", report.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportUpdated, about).await?;
    tx.commit().await?;
    Ok(report)
}

/// No longer shows a frame with an unverified report.
pub async fn report_key_image_remove(
    app: &App,
    ctx: &Context,
    uuid: Uuid,
    instance: Uuid,
    frame: u32,
) -> Result<report::Model> {
    require(ctx, Action::ReportWrite)?;
    let found = read::by_uuid(app, uuid).await?;
    let (tx, study, report) = editable(app, ctx, &found).await?;
    if let Ok(frame) = i32::try_from(frame)
        && let Some(row) = of(&tx, report.id, instance, frame).await?
    {
        Entity::delete_by_id(row.id).exec(&tx).await?;
    }
    let about = About::study(&study).and("report", report.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportUpdated, about).await?;
    tx.commit().await?;
    Ok(report)
}

async fn editable(
    app: &App,
    ctx: &Context,
    found: &report::Model,
) -> Result<(Transaction, study::Model, report::Model)> {
    let tx = app.db.begin().await?;
    let (study, report) = held(&tx, ctx, Action::ReportWrite, found).await?;
    if report.is_verified {
        return Err(Error::Conflict(verified()));
    }
    match locked_by_another(&tx, ctx, &report).await? {
        Some(told) => Err(Error::Conflict(told)),
        None => Ok((tx, study, report)),
    }
}

async fn of(tx: &Transaction, report_id: i64, instance: Uuid, frame: i32) -> Result<Option<Model>> {
    let query = Entity::find().filter(Column::ReportId.eq(report_id)).filter(Column::InstanceUuid.eq(instance));
    Ok(query.filter(Column::Frame.eq(frame)).one(tx).await?)
}

/// For a DataLoader: a page of the key images of each of the reports, which the caller has been given already, in the order in which they were chosen.
pub async fn key_images_by_report(
    app: &App,
    report_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<Model>>> {
    let lists = Lists {
        rows: Entity::find().filter(Column::ReportId.is_in(report_ids.iter().copied())),
        id: Column::Id,
        parent: Column::ReportId,
        keys: vec![Column::Id.into_simple_expr()],
        order: Order::Asc,
    };
    let of_report = |image: &Model| image.report_id;
    lists.pages(app.db.reader(), Column::iter(), request, of_report).await
}

/// For a DataLoader: how many key images each of the reports has.
pub async fn key_image_counts_by_report(app: &App, report_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = Entity::find()
        .filter(Column::ReportId.is_in(report_ids.iter().copied()))
        .select_only()
        .column(Column::ReportId)
        .column_as(Column::Id.count(), "images")
        .group_by(Column::ReportId);
    Ok(query.into_tuple::<(i64, i64)>().all(app.db.reader()).await?.into_iter().collect())
}
