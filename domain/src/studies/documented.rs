//! Two steps that the PACS REST API documents as one endpoint each, over the services that GraphQL has one by one.

use super::assignment::{study_assign, study_claim, study_review};
use super::list;
use super::status::StudyStatus;
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::policy::{Action, may, require};
use entity::study;

/// Whoever may assign names a radiologist; a radiologist who names nobody, or himself, claims the study (contract S2-38).
pub async fn study_assign_or_claim(
    app: &App,
    ctx: &Context,
    key: &str,
    radiologist_id: Option<i64>,
) -> Result<study::Model> {
    if may(ctx, Action::StudyClaim).is_some() && (radiologist_id.is_none() || radiologist_id == ctx.user_id()) {
        return study_claim(app, ctx, key).await;
    }
    require(ctx, Action::StudyAssign)?;
    let radiologist_id = radiologist_id
        .ok_or_else(|| Error::conflict("radiologist", "RADIOLOGIST_REQUIRED", "Radiologist ID required"))?;
    study_assign(app, ctx, key, radiologist_id).await
}

/// Sets the status to `in_review`, or leaves it as it is (contract S2-43). The other ones follow from assigning, reporting and verifying:
/// a study is never said to be verified without a verified report.
pub async fn study_status_set(app: &App, ctx: &Context, key: &str, status: StudyStatus) -> Result<study::Model> {
    require(ctx, Action::StudyReview)?;
    if status == StudyStatus::InReview {
        return study_review(app, ctx, key).await;
    }
    let study = list::by_key(app, ctx, key).await?;
    let is = StudyStatus::of(&study)?;
    let way = match status {
        status if status == is => {
            ctx.saw(AuditKind::StudyRead, [study.id]);
            return Ok(study);
        }
        status if status < is => return Err(conflict("A status only goes forward")),
        StudyStatus::Assigned => "assigned when it is assigned to a radiologist",
        StudyStatus::ReportGenerated => "report_generated when a report of it is created",
        _ => "verified when a report of it is verified",
    };
    Err(conflict(&format!("A study becomes {way}")))
}

fn conflict(message: &str) -> Error {
    Error::conflict("status", "STATUS_CONFLICT", message)
}
