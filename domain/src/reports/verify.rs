//! Verifying a report: a radiologist answers for the text, which never changes from then on.

use super::lock::{locked_by_another, release};
use super::signature::{Signing, sha256, signing_time, study_content};
use super::{Changed, ReportKey, document, held, read, stale, tell};
use crate::App;
use crate::audit::{About, AuditKind};
use crate::billing;
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::events::EventKind;
use crate::policy::{Action, require};
use crate::studies::{self, Step};
use entity::report::Model;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

/// Verifies a report in the version that the caller read (left out: the present one), and its study with it (contract S2-50).
/// Verifying it twice, also at the same time, keeps who did it first and when (S2-51).
pub async fn report_verify(
    app: &App,
    ctx: &Context,
    key: impl Into<ReportKey>,
    version: Option<i32>,
) -> Result<Changed> {
    require(ctx, Action::ReportVerify)?;
    let found = read::by_key(app, key.into()).await?;
    let tx = app.db.begin().await?;
    let (study, report) = held(&tx, ctx, Action::ReportVerify, &found).await?;
    if let Some(told) = stale(&tx, &report, version).await? {
        return Ok(Changed::Refused(report, told));
    }
    if report.is_verified {
        return Ok(Changed::Done(report));
    }
    if let Some(told) = locked_by_another(&tx, ctx, &report).await? {
        return Ok(Changed::Refused(report, told));
    }
    if report.findings.trim().is_empty() && report.impression.trim().is_empty() {
        return Err(Error::conflict(
            "id",
            "REPORT_EMPTY",
            "The report has neither findings nor an impression; write them first",
        ));
    }
    let report = sign(&tx, ctx, report).await?;
    release(&tx, &report).await?;
    tell(&tx, ctx, &study, EventKind::ReportVerified, report.uuid).await?;
    document::ask(&tx, ctx, &study, report.id).await?;
    studies::advance(&tx, ctx, &study, Step::Verify, Default::default()).await?;
    let about = About::study(&study).and("report", report.uuid);
    app.audit.record(&tx, ctx, AuditKind::ReportVerified, about).await?;
    billing::bill_verified(app, &tx, ctx, &study).await?;
    tx.commit().await?;
    Ok(Changed::Done(report))
}

/// Nobody can add files to the study meanwhile, because it is held.
async fn sign(tx: &Transaction, ctx: &Context, report: Model) -> Result<Model> {
    let content = study_content(tx, report.study_id).await?;
    let (text_hash, at) = (content_hash(&report), signing_time());
    let signing = Signing {
        previous: None,
        text_hash: &text_hash,
        study_hash: &content.hash,
        signer_id: ctx.user_id(),
        at,
    };
    let seal = signing.seal();
    let mut row = report.into_active_model();
    row.is_verified = Set(true);
    row.verified_at = Set(Some(at));
    row.verified_by_id = Set(ctx.user_id());
    row.content_hash = Set(Some(text_hash));
    row.study_hash = Set(Some(content.hash));
    row.signed_instances = Set(Some(content.instances));
    row.seal = Set(Some(seal));
    Ok(row.update(tx).await?)
}

/// SHA-256 in lower-case hex of findings, impression and report type in UTF-8, with a NUL between them, which no text contains.
fn content_hash(report: &Model) -> String {
    let parts = [
        report.findings.as_str(),
        report.impression.as_str(),
        report.report_type.as_deref().unwrap_or_default(),
    ];
    sha256(&parts.join("\0"))
}
