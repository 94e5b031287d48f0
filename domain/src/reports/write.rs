//! Writing reports: each change makes a new version, and only of the version that its author saw.

use super::lock::locked_by_another;
use super::{Changed, ReportKey, held, read, stale, tell, verified};
use crate::App;
use crate::audit::{About, AuditKind};
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{FieldError, Result};
use crate::events::EventKind;
use crate::input::{self, Checks};
use crate::policy::{Action, require};
use crate::studies::{self, Step};
use chrono::{DateTime, Utc};
use entity::report::{self, Model};
use entity::report_version;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use uuid::Uuid;

/// Bytes of UTF-8 of one text: about thirty printed pages.
pub(super) const MAX_TEXT: usize = 64 * 1024;

pub struct NewReport {
    pub findings: String,
    pub impression: String,
    pub report_type: Option<String>,
    pub is_ai_generated: bool,
}

/// What is left out stays.
#[derive(Debug, Default)]
pub struct ReportUpdate {
    /// Of the text that was edited; left out: whichever is the present one.
    pub version: Option<i32>,
    pub findings: Option<String>,
    pub impression: Option<String>,
    pub report_type: Option<String>,
}

fn check(findings: Option<&str>, impression: Option<&str>, report_type: Option<&str>) -> Result<()> {
    Checks::default()
        .add(findings.and_then(|text| medical_text("findings", text)))
        .add(impression.and_then(|text| medical_text("impression", text)))
        .add(input::optional_line("reportType", report_type, 100))
        .done()
}

/// Text in lines and paragraphs, perhaps empty. No NUL among its characters, which PostgreSQL cannot keep and the hash divides by.
pub(super) fn medical_text(field: &'static str, text: &str) -> Option<FieldError> {
    let fits = text.len() <= MAX_TEXT && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    (!fits).then(|| FieldError {
        field,
        code: "INVALID_TEXT",
        message: format!("{field} has at most {MAX_TEXT} bytes, and no control characters but line breaks and tabs"),
    })
}

/// As `medical_text`, and not empty.
pub(super) fn text_given(field: &'static str, text: &str) -> Result<()> {
    let empty = text.trim().is_empty().then(|| FieldError {
        field,
        code: "INVALID_TEXT",
        message: format!("{field} is empty"),
    });
    Checks::default().add(medical_text(field, text).or(empty)).done()
}

/// A report of the study with this uuid or 8-character id, which is `report_generated` from then on (contract S2-47) unless it
/// is verified already.
pub async fn report_create(app: &App, ctx: &Context, study: &str, new: NewReport) -> Result<Model> {
    let study = studies::acted_on(app, ctx, Action::ReportWrite, study).await?;
    check(Some(&new.findings), Some(&new.impression), new.report_type.as_deref())?;
    let now = Utc::now();
    let tx = app.db.begin().await?;
    let study = studies::hold(&tx, study.id).await?;
    let row = report::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        study_id: Set(study.id),
        centre_id: Set(study.centre_id),
        findings: Set(new.findings),
        impression: Set(new.impression),
        report_type: Set(new.report_type.filter(|kind| !kind.is_empty())),
        version: Set(1),
        is_ai_generated: Set(new.is_ai_generated),
        is_verified: Set(false),
        created_by_id: Set(ctx.user_id()),
        updated_by_id: Set(ctx.user_id()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let report = row.insert(&tx).await?;
    keep(&tx, &report, now).await?;
    tell(&tx, ctx, &study, EventKind::ReportCreated, report.uuid).await?;
    studies::advance(&tx, ctx, &study, Step::Report, Default::default()).await?;
    let about = About::study(&study).and("report", report.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportCreated, about).await?;
    tx.commit().await?;
    Ok(report)
}

/// Changes an unverified report (contract S2-52, S2-53). The same text again makes no new version.
pub async fn report_update(
    app: &App,
    ctx: &Context,
    key: impl Into<ReportKey>,
    update: ReportUpdate,
) -> Result<Changed> {
    require(ctx, Action::ReportWrite)?;
    check(
        update.findings.as_deref(),
        update.impression.as_deref(),
        update.report_type.as_deref(),
    )?;
    let found = read::by_key(app, key.into()).await?;
    let tx = app.db.begin().await?;
    let (study, report) = held(&tx, ctx, Action::ReportWrite, &found).await?;
    if report.is_verified {
        return Ok(Changed::Refused(report, verified()));
    }
    if let Some(told) = locked_by_another(&tx, ctx, &report).await? {
        return Ok(Changed::Refused(report, told));
    }
    if let Some(told) = stale(&tx, &report, update.version).await? {
        return Ok(Changed::Refused(report, told));
    }
    let mut text = report.clone().into_active_model();
    text.findings.set_if_not_equals(update.findings.unwrap_or_else(|| report.findings.clone()));
    text.impression.set_if_not_equals(update.impression.unwrap_or_else(|| report.impression.clone()));
    if let Some(kind) = update.report_type {
        text.report_type.set_if_not_equals(Some(kind).filter(|kind| !kind.is_empty()));
    }
    if !text.is_changed() {
        return Ok(Changed::Done(report));
    }
    let now = Utc::now();
    text.version = Set(report.version + 1);
    text.updated_by_id = Set(ctx.user_id());
    text.updated_at = Set(now);
    let report = text.update(&tx).await?;
    keep(&tx, &report, now).await?;
    tell(&tx, ctx, &study, EventKind::ReportUpdated, report.uuid).await?;
    let about = About::study(&study).and("report", report.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportUpdated, about).await?;
    tx.commit().await?;
    Ok(Changed::Done(report))
}

/// The text as it is now, for good.
pub(super) async fn keep(tx: &Transaction, report: &Model, now: DateTime<Utc>) -> Result<()> {
    let row = report_version::ActiveModel {
        report_id: Set(report.id),
        version: Set(report.version),
        findings: Set(report.findings.clone()),
        impression: Set(report.impression.clone()),
        report_type: Set(report.report_type.clone()),
        created_by_id: Set(report.updated_by_id),
        created_at: Set(now),
        ..Default::default()
    };
    report_version::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}
