//! The report that software writes: unverified, and no step in the life of the study (contract S2-54, S2-58).

use super::lock::locked_by_another;
use super::tell;
use super::write::keep;
use crate::App;
use crate::audit::{About, AuditKind};
use crate::context::Context;
use crate::db::Transaction;
use crate::error::Result;
use crate::events::EventKind;
use chrono::{DateTime, Utc};
use entity::report::{self, Model};
use entity::study;
use imaging::analysis::{REPORT_TYPE, ReportText};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel, TryIntoModel};
use uuid::Uuid;

/// Writes the report of a study that is held, or changes the texts of the one that is there. The same text again makes no new version,
/// and what a radiologist has edited, locked or verified stays as it is.
pub(crate) async fn report_by_software(
    app: &App,
    tx: &Transaction,
    ctx: &Context,
    study: &study::Model,
    present: Option<Model>,
    text: &ReportText,
) -> Result<()> {
    if let Some(report) = &present {
        let same = report.findings == text.findings && report.impression == text.impression;
        let taken_over = report.is_verified || report.updated_by_id.is_some();
        if same || taken_over || locked_by_another(tx, ctx, report).await?.is_some() {
            return Ok(());
        }
    }
    let (event, kind) = match present {
        Some(_) => (EventKind::ReportUpdated, AuditKind::ReportUpdated),
        None => (EventKind::ReportCreated, AuditKind::ReportCreated),
    };
    let now = Utc::now();
    let row = report::ActiveModel {
        findings: Set(text.findings.clone()),
        impression: Set(text.impression.clone()),
        updated_at: Set(now),
        ..next(study, present, now)
    };
    let report = row.save(tx).await?.try_into_model()?;
    keep(tx, &report, now).await?;
    tell(tx, ctx, study, event, report.uuid).await?;
    app.audit.record(tx, ctx, kind, About::study(study).and("report", report.uuid)).await
}

/// The next version, without its texts.
fn next(study: &study::Model, present: Option<Model>, now: DateTime<Utc>) -> report::ActiveModel {
    if let Some(report) = present {
        let version = report.version + 1;
        return report::ActiveModel {
            version: Set(version),
            ..report.into_active_model()
        };
    }
    report::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        study_id: Set(study.id),
        centre_id: Set(study.centre_id),
        report_type: Set(Some(REPORT_TYPE.to_owned())),
        version: Set(1),
        is_ai_generated: Set(true),
        is_verified: Set(false),
        created_at: Set(now),
        ..Default::default()
    }
}
