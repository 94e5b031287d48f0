//! Critical findings: what the centre must hear at once, and who heard it, when.
//!
//! Invariants: a finding is never removed and its text never changes; it is acknowledged once, by the centre that received it, and
//! withdrawn once, with a reason. The database refuses anything else.

use crate::App;
use crate::audit::{About, AuditKind};
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, FieldError, Result};
use crate::events::EventKind;
use crate::input::Checks;
use crate::page::{Lists, Page, PageRequest};
use crate::policy::{Action, Reach, require, require_in};
use crate::{reports, studies};
use chrono::Utc;
use entity::critical_finding::{self, Column, Entity, Model};
use entity::study;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, IntoSimpleExpr, Iterable, Order,
    QueryFilter, QuerySelect, QueryTrait, Select,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Bytes of what is found, noted or given as a reason.
const MAX_TEXT: usize = 4_000;

/// How soon somebody must be told: the categories of the ACR Actionable Reporting Work Group (Larson et al., J Am Coll Radiol
/// 11:552, 2014).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Category 1: within minutes.
    Critical,
    /// Category 2: within hours.
    Urgent,
    /// Category 3: within days.
    Significant,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Self::Critical, Self::Urgent, Self::Significant];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Urgent => "urgent",
            Self::Significant => "significant",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }
}

/// What a finding is of.
pub enum Subject {
    /// Uuid or 8-character id.
    Study(String),
    Report(Uuid),
}

pub struct NewFinding {
    pub subject: Subject,
    pub text: String,
    pub severity: Severity,
}

/// Text in lines, not empty.
fn check(field: &'static str, text: &str) -> Result<()> {
    let fits = !text.trim().is_empty()
        && text.len() <= MAX_TEXT
        && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    let wrong = (!fits).then(|| FieldError {
        field,
        code: "INVALID_TEXT",
        message: format!("{field} has 1 to {MAX_TEXT} bytes, and no control characters but line breaks and tabs"),
    });
    Checks::default().add(wrong).done()
}

pub async fn critical_finding_flag(app: &App, ctx: &Context, new: NewFinding) -> Result<Model> {
    require(ctx, Action::CriticalFindingFlag)?;
    check("text", &new.text)?;
    let (study_id, report_id) = match &new.subject {
        Subject::Study(key) => (
            studies::acted_on(app, ctx, Action::CriticalFindingFlag, key).await?.id,
            None,
        ),
        Subject::Report(uuid) => {
            let report = reports::report_find(app, ctx, *uuid).await?;
            require_in(ctx, Action::CriticalFindingFlag, Some(report.centre_id), "Report")?;
            (report.study_id, Some(report.id))
        }
    };
    let tx = app.db.begin().await?;
    let study = studies::hold(&tx, study_id).await?;
    let row = critical_finding::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        study_id: Set(study.id),
        centre_id: Set(study.centre_id),
        report_id: Set(report_id),
        text: Set(new.text),
        severity: Set(new.severity.as_str().into()),
        flagged_by_id: Set(ctx.user_id()),
        flagged_at: Set(Utc::now()),
        ..Default::default()
    };
    let finding = row.insert(&tx).await?;
    tell(&tx, ctx, &study, EventKind::CriticalFindingFlagged, &finding).await?;
    let about = About::study(&study).and("critical finding", finding.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportUpdated, about).await?;
    tx.commit().await?;
    Ok(finding)
}

/// Says that the centre heard of it. Saying so twice, also at the same time, keeps who was first.
pub async fn critical_finding_acknowledge(app: &App, ctx: &Context, uuid: Uuid, note: Option<String>) -> Result<Model> {
    let note = note.filter(|note| !note.trim().is_empty());
    require(ctx, Action::CriticalFindingAcknowledge)?;
    note.as_deref().map_or(Ok(()), |note| check("note", note))?;
    let found = by_uuid(app, uuid).await?;
    require_in(
        ctx,
        Action::CriticalFindingAcknowledge,
        Some(found.centre_id),
        "Critical finding",
    )?;
    let (tx, study, finding) = held(app, &found).await?;
    if finding.withdrawn_at.is_some() {
        return Err(withdrawn());
    }
    if finding.acknowledged_at.is_some() {
        return Ok(finding);
    }
    let mut row = finding.into_active_model();
    row.acknowledged_by_id = Set(ctx.user_id());
    row.acknowledged_at = Set(Some(Utc::now()));
    row.note = Set(note);
    let finding = row.update(&tx).await?;
    tell(&tx, ctx, &study, EventKind::CriticalFindingAcknowledged, &finding).await?;
    let about = About::study(&study).and("critical finding", finding.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportUpdated, about).await?;
    tx.commit().await?;
    Ok(finding)
}

/// Takes a finding back; it stays in the record, with the reason. Whoever flagged it may, and administrators.
pub async fn critical_finding_withdraw(app: &App, ctx: &Context, uuid: Uuid, reason: String) -> Result<Model> {
    let reach = require(ctx, Action::CriticalFindingWithdraw)?;
    check("reason", &reason)?;
    let found = by_uuid(app, uuid).await?;
    match reach {
        Reach::All => {}
        Reach::Own(own) if found.flagged_by_id == Some(own) => {}
        Reach::Own(_) => {
            let message = "Another radiologist flagged it; ask them or an administrator";
            return Err(Error::conflict("id", "NOT_FLAGGED_BY_YOU", message));
        }
        Reach::Centre(_) => return Err(Error::OutOfScope("Critical finding")),
    }
    let (tx, study, finding) = held(app, &found).await?;
    if finding.withdrawn_at.is_some() {
        return Err(withdrawn());
    }
    let mut row = finding.into_active_model();
    row.withdrawn_by_id = Set(ctx.user_id());
    row.withdrawn_at = Set(Some(Utc::now()));
    row.withdrawal_reason = Set(Some(reason));
    let finding = row.update(&tx).await?;
    tell(&tx, ctx, &study, EventKind::CriticalFindingWithdrawn, &finding).await?;
    let about = About::study(&study).and("critical finding", finding.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportUpdated, about).await?;
    tx.commit().await?;
    Ok(finding)
}

fn withdrawn() -> Error {
    Error::conflict("id", "FINDING_WITHDRAWN", "The critical finding was withdrawn")
}

async fn by_uuid(app: &App, uuid: Uuid) -> Result<Model> {
    let query = Entity::find().filter(Column::Uuid.eq(uuid));
    query.one(app.db.reader()).await?.ok_or(Error::NotFound("Critical finding"))
}

/// The finding as it is now, with its study held, so that of two who act at the same time the second sees what the first did.
async fn held(app: &App, found: &Model) -> Result<(Transaction, study::Model, Model)> {
    let tx = app.db.begin().await?;
    let study = studies::hold(&tx, found.study_id).await?;
    let finding = Entity::find_by_id(found.id).one(&tx).await?.ok_or(Error::NotFound("Critical finding"))?;
    Ok((tx, study, finding))
}

async fn tell(tx: &Transaction, ctx: &Context, study: &study::Model, kind: EventKind, finding: &Model) -> Result<()> {
    let payload = serde_json::json!({ "finding": finding.uuid, "severity": finding.severity });
    studies::tell(tx, ctx, study, kind, payload).await
}

/// For a DataLoader: those of the findings that the caller may see.
pub async fn findings_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<Model>> {
    let query = visible(ctx)?.filter(Column::Uuid.is_in(uuids.iter().copied()));
    let rows = query.all(app.db.reader()).await?;
    ctx.saw(AuditKind::ReportRead, rows.iter().map(|finding| finding.study_id));
    Ok(rows)
}

/// For a DataLoader: a page of the findings of each of the studies, which the caller has been given already, the newest first.
pub async fn findings_by_study(
    app: &App,
    study_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<Model>>> {
    let lists = Lists {
        rows: Entity::find().filter(Column::StudyId.is_in(study_ids.iter().copied())),
        id: Column::Id,
        parent: Column::StudyId,
        keys: vec![Column::Id.into_simple_expr()],
        order: Order::Desc,
    };
    let of_study = |finding: &Model| finding.study_id;
    lists.pages(app.db.reader(), Column::iter(), request, of_study).await
}

/// For a DataLoader: how many findings each of the studies has.
pub async fn finding_counts_by_study(app: &App, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = Entity::find()
        .filter(Column::StudyId.is_in(study_ids.iter().copied()))
        .select_only()
        .column(Column::StudyId)
        .column_as(Column::Id.count(), "findings")
        .group_by(Column::StudyId);
    Ok(query.into_tuple::<(i64, i64)>().all(app.db.reader()).await?.into_iter().collect())
}

/// The studies with a finding that waits for its centre, by the index of those alone.
pub(crate) fn studies_waiting() -> SelectStatement {
    Entity::find()
        .select_only()
        .column(Column::StudyId)
        .filter(Column::AcknowledgedAt.is_null())
        .filter(Column::WithdrawnAt.is_null())
        .into_query()
}

fn visible(ctx: &Context) -> Result<Select<Entity>> {
    Ok(match require(ctx, Action::StudyRead)? {
        Reach::All => Entity::find(),
        Reach::Centre(own) | Reach::Own(own) => Entity::find().filter(Column::CentreId.eq(own)),
    })
}
