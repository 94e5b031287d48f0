//! Who reads a study: assigned by others or by the server, claimed and released by radiologists themselves.

mod automatic;
mod history;

pub use automatic::{Assigned, Considered, LeftOut, studies_assign_waiting, study_assign_now};
pub use history::{
    AssignmentMethod, assignment_considered, assignment_counts_by_study, assignment_reason, assignments_by_study,
};

use super::status::{Step, StudyStatus, advance, hold, tell};
use super::{acted_on, list};
use crate::App;
use crate::audit::{About, AuditKind};
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::events::EventKind;
use crate::jobs::{self, AssignStudyV1, NewJob};
use crate::policy::{Action, Reach, require};
use crate::{centres, radiologists, users};
use chrono::Utc;
use entity::{job, study, user};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;

/// Gives the study with this uuid or 8-character id to an active radiologist (contract S2-37, S2-38). Whoever assigns everywhere may
/// also take it from another one until it is verified; others find it `ALREADY_ASSIGNED` (S2-96).
pub async fn study_assign(app: &App, ctx: &Context, key: &str, radiologist_id: i64) -> Result<study::Model> {
    let study = acted_on(app, ctx, Action::StudyAssign, key).await?;
    let again = require(ctx, Action::StudyAssign)? == Reach::All;
    let tx = app.db.begin().await?;
    let radiologist = user::Entity::find_by_id(radiologist_id).one(&tx).await?;
    let radiologist = radiologist.filter(|user| user.is_active && users::is_radiologist(user));
    let radiologist = radiologist.ok_or(Error::NotFound("Radiologist"))?;
    let study = hold(&tx, study.id).await?;
    if !again && study.assigned_radiologist_id.is_some_and(|id| id != radiologist.id) {
        return Err(already_assigned());
    }
    let changes = study.assigned_radiologist_id != Some(radiologist.id);
    let study = give(&tx, ctx, study, radiologist.id, AssignmentMethod::Manual, None).await?;
    if changes {
        app.audit.record(&tx, ctx, AuditKind::StudyAssigned, About::study(&study)).await?;
    }
    tx.commit().await?;
    Ok(study)
}

/// A radiologist takes a study that nobody reads; of two who claim it at the same time one gets it, and the other one finds it
/// `ALREADY_ASSIGNED`. Claiming it twice changes nothing.
pub async fn study_claim(app: &App, ctx: &Context, key: &str) -> Result<study::Model> {
    let study = acted_on(app, ctx, Action::StudyClaim, key).await?;
    let own = ctx.user()?.id;
    let tx = app.db.begin().await?;
    let study = hold(&tx, study.id).await?;
    if study.assigned_radiologist_id.is_some_and(|id| id != own) {
        return Err(already_assigned());
    }
    let changes = study.assigned_radiologist_id != Some(own);
    let study = give(&tx, ctx, study, own, AssignmentMethod::Claim, None).await?;
    if changes {
        app.audit.record(&tx, ctx, AuditKind::StudyAssigned, About::study(&study)).await?;
    }
    tx.commit().await?;
    Ok(study)
}

fn already_assigned() -> Error {
    Error::conflict("study", "ALREADY_ASSIGNED", "Study already assigned")
}

/// Lets the server give the study with this uuid or 8-character id to a radiologist, whatever its centre's setting is; answers the job.
pub async fn study_assign_automatically(app: &App, ctx: &Context, key: &str) -> Result<job::Model> {
    let study = acted_on(app, ctx, Action::StudyAssign, key).await?;
    if study.assigned_radiologist_id.is_some() {
        return Err(already_assigned());
    }
    if StudyStatus::of(&study)? != StudyStatus::Uploaded {
        let message = format!("A study cannot be assigned by the server when it is {}", study.status);
        return Err(Error::conflict("study", "STATUS_CONFLICT", message));
    }
    super::enqueue(app, ctx, &study, AssignStudyV1::one(study.id)).await
}

/// Enqueues the automatic assignment of a study that waits, where its centre wants that.
pub(crate) async fn assign_later(tx: &Transaction, study: &study::Model) -> Result<()> {
    if centres::find(tx, study.centre_id).await?.auto_assign {
        jobs::enqueue(tx, NewJob::of_study(AssignStudyV1::one(study.id), study)).await?;
    }
    Ok(())
}

async fn give(
    tx: &Transaction,
    ctx: &Context,
    study: study::Model,
    radiologist_id: i64,
    method: AssignmentMethod,
    considered: Option<&[Considered]>,
) -> Result<study::Model> {
    if study.assigned_radiologist_id == Some(radiologist_id) {
        return Ok(study);
    }
    let changes = study::ActiveModel {
        assigned_radiologist_id: Set(Some(radiologist_id)),
        assigned_at: Set(Some(Utc::now())),
        assignment_waits_at: Set(None),
        ..Default::default()
    };
    let payload = json!({ "radiologist": radiologist_id, "before": study.assigned_radiologist_id,
        "method": method.as_str() });
    radiologists::assigned(tx, radiologist_id).await?;
    history::keep(tx, ctx, &study, radiologist_id, method, considered).await?;
    tell(tx, ctx, &study, EventKind::StudyAssigned, payload).await?;
    advance(tx, ctx, &study, Step::Assign, changes).await
}

/// A study that is not reported yet waits for a radiologist again. Its radiologist may, and administrators.
pub async fn study_release(app: &App, ctx: &Context, key: &str) -> Result<study::Model> {
    let (tx, study) = held(app, ctx, Action::StudyRelease, key).await?;
    if study.assigned_radiologist_id.is_none() {
        return Ok(study);
    }
    let changes = study::ActiveModel {
        assigned_radiologist_id: Set(None),
        assigned_at: Set(None),
        ..Default::default()
    };
    let payload = json!({ "radiologist": study.assigned_radiologist_id });
    history::release(&tx, &study).await?;
    tell(&tx, ctx, &study, EventKind::StudyReleased, payload).await?;
    let study = advance(&tx, ctx, &study, Step::Release, changes).await?;
    app.audit.record(&tx, ctx, AuditKind::StudyReleased, About::study(&study)).await?;
    assign_later(&tx, &study).await?;
    tx.commit().await?;
    Ok(study)
}

/// Its radiologist begins to read (contract S2-42, S2-43); administrators may say so too.
pub async fn study_review(app: &App, ctx: &Context, key: &str) -> Result<study::Model> {
    let (tx, study) = held(app, ctx, Action::StudyReview, key).await?;
    let study = advance(&tx, ctx, &study, Step::Review, Default::default()).await?;
    app.audit.record(&tx, ctx, AuditKind::StudyReviewed, About::study(&study)).await?;
    tx.commit().await?;
    Ok(study)
}

/// Holds a study for whoever may act on it: all, or those who reach their own, which are the studies that are assigned to them.
async fn held(app: &App, ctx: &Context, action: Action, key: &str) -> Result<(Transaction, study::Model)> {
    let reach = require(ctx, action)?;
    let study = list::by_key(app, ctx, key).await?;
    let tx = app.db.begin().await?;
    let study = hold(&tx, study.id).await?;
    match reach {
        Reach::All => Ok((tx, study)),
        Reach::Own(own) if study.assigned_radiologist_id == Some(own) => Ok((tx, study)),
        Reach::Own(_) => Err(Error::conflict(
            "study",
            "NOT_ASSIGNEE",
            "The study is not assigned to you; claim it, or ask an administrator",
        )),
        Reach::Centre(_) => Err(Error::OutOfScope("Study")),
    }
}
