//! Verifying a report: a radiologist answers for the text, which never changes from then on.

use super::{Changed, held, read, stale, tell};
use crate::App;
use crate::billing;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::events::EventKind;
use crate::policy::{Action, require};
use crate::studies::{self, Step};
use chrono::Utc;
use entity::report::Model;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Verifies a report in the version that the caller read (left out: the present one), and its study with it (contract S2-50).
/// Verifying it twice, also at the same time, keeps who did it first and when (S2-51).
pub async fn report_verify(app: &App, ctx: &Context, uuid: Uuid, version: Option<i32>) -> Result<Changed> {
    require(ctx, Action::ReportVerify)?;
    let found = read::by_uuid(app, uuid).await?;
    let tx = app.db.begin().await?;
    let (study, report) = held(&tx, ctx, Action::ReportVerify, &found).await?;
    if let Some(told) = stale(&tx, &report, version).await? {
        return Ok(Changed::Refused(report, told));
    }
    if report.is_verified {
        return Ok(Changed::Done(report));
    }
    if report.findings.trim().is_empty() && report.impression.trim().is_empty() {
        return Err(Error::conflict(
            "id",
            "REPORT_EMPTY",
            "The report has neither findings nor an impression; write them first",
        ));
    }
    let now = Utc::now();
    let hash = content_hash(&report);
    let mut row = report.into_active_model();
    row.is_verified = Set(true);
    row.verified_at = Set(Some(now));
    row.verified_by_id = Set(ctx.user_id());
    row.content_hash = Set(Some(hash));
    let report = row.update(&tx).await?;
    tell(&tx, ctx, &study, EventKind::ReportVerified, report.uuid).await?;
    studies::advance(&tx, ctx, &study, Step::Verify, Default::default()).await?;
    billing::bill_verified(app, &tx, ctx, &study).await?;
    tx.commit().await?;
    Ok(Changed::Done(report))
}

/// SHA-256 in lower-case hex of findings, impression and report type in UTF-8, with a NUL between them, which no text contains.
fn content_hash(report: &Model) -> String {
    let parts = [
        report.findings.as_str(),
        report.impression.as_str(),
        report.report_type.as_deref().unwrap_or_default(),
    ];
    Sha256::digest(parts.join("\0")).iter().map(|byte| format!("{byte:02x}")).collect()
}
