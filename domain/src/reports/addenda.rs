//! Addenda: what is added to a verified report, signed on its own and chained to what was signed before (contract S2-53).

use super::signature::{Signing, sha256, signing_time, study_content};
use super::write::text_given;
use super::{document, held, read, tell};
use crate::App;
use crate::audit::{About, AuditKind};
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::events::EventKind;
use crate::page::{Lists, Page, PageRequest};
use crate::policy::{Action, require};
use entity::report;
use entity::report_addendum::{self, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoSimpleExpr, Iterable, Order, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Adds a signed text to a verified report, which itself stays as it is.
pub async fn report_addendum_create(
    app: &App,
    ctx: &Context,
    uuid: Uuid,
    text: String,
) -> Result<(report::Model, Model)> {
    require(ctx, Action::ReportVerify)?;
    text_given("text", &text)?;
    let found = read::by_uuid(app, uuid).await?;
    let tx = app.db.begin().await?;
    let (study, report) = held(&tx, ctx, Action::ReportVerify, &found).await?;
    let Some(text_hash) = &report.content_hash else {
        return Err(Error::conflict(
            "id",
            "REPORT_UNVERIFIED",
            "The report is not verified yet; change the report itself",
        ));
    };
    let last = last(&tx, report.id).await?;
    // Reports that were verified before seals were made begin their chain with the hash of their text.
    let begin = report.seal.as_deref().unwrap_or(text_hash);
    let previous = last.as_ref().map_or(begin, |last| last.seal.as_str());
    let content = study_content(&tx, study.id).await?;
    let (text_hash, at) = (sha256(&text), signing_time());
    let signing = Signing {
        previous: Some(previous),
        text_hash: &text_hash,
        study_hash: &content.hash,
        signer_id: ctx.user_id(),
        at,
    };
    let seal = signing.seal();
    let row = report_addendum::ActiveModel {
        report_id: Set(report.id),
        number: Set(last.map_or(0, |last| last.number) + 1),
        text: Set(text),
        signed_by_id: Set(ctx.user_id()),
        signed_at: Set(at),
        text_hash: Set(text_hash),
        study_hash: Set(content.hash),
        signed_instances: Set(content.instances),
        seal: Set(seal),
        ..Default::default()
    };
    let addendum = row.insert(&tx).await?;
    tell(&tx, ctx, &study, EventKind::ReportAddendumCreated, report.uuid).await?;
    let about = About::study(&study).and("report", report.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportUpdated, about).await?;
    document::ask(&tx, ctx, &study, report.id).await?;
    tx.commit().await?;
    Ok((report, addendum))
}

async fn last(tx: &Transaction, report_id: i64) -> Result<Option<Model>> {
    let addenda = Entity::find().filter(Column::ReportId.eq(report_id));
    Ok(addenda.order_by_desc(Column::Number).one(tx).await?)
}

/// For a DataLoader: a page of the addenda of each of the reports, which the caller has been given already, the first one first.
pub async fn addenda_by_report(
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
    let of_report = |addendum: &Model| addendum.report_id;
    lists.pages(app.db.reader(), Column::iter(), request, of_report).await
}

/// For a DataLoader: how many addenda each of the reports has.
pub async fn addendum_counts_by_report(app: &App, report_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = Entity::find()
        .filter(Column::ReportId.is_in(report_ids.iter().copied()))
        .select_only()
        .column(Column::ReportId)
        .column_as(Column::Id.count(), "addenda")
        .group_by(Column::ReportId);
    Ok(query.into_tuple::<(i64, i64)>().all(app.db.reader()).await?.into_iter().collect())
}
