//! The life of a study from upload to verified report (contract S2-42): which steps lead where, and the only function that takes one.
//!
//! Invariant: nobody else writes a study's status once it is made. Whoever takes a step holds the study's row (`hold`) first, so that
//! of two who act at the same time the second sees what the first did; and every change is an event in the same transaction.

use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::events::{self, EventKind, NewEvent};
use chrono::{DateTime, Utc};
use entity::study::{self, ActiveModel, Entity, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QuerySelect};
use serde::{Deserialize, Serialize};

/// Status of a study, in the order of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StudyStatus {
    Uploaded,
    Assigned,
    InReview,
    ReportGenerated,
    Verified,
}

impl StudyStatus {
    pub const ALL: [StudyStatus; 5] = [
        Self::Uploaded,
        Self::Assigned,
        Self::InReview,
        Self::ReportGenerated,
        Self::Verified,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Assigned => "assigned",
            Self::InReview => "in_review",
            Self::ReportGenerated => "report_generated",
            Self::Verified => "verified",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    pub fn of(study: &Model) -> Result<Self> {
        Self::parse(&study.status)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("study {} has status {}", study.id, study.status)))
    }
}

/// What people do to a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It gets a radiologist, the first or another one.
    Assign,
    /// Its radiologist gives it back.
    Release,
    /// A radiologist begins to read it.
    Review,
    /// A report of it is written.
    Report,
    /// A report of it is verified.
    Verify,
}

impl Step {
    /// Where the step leads from a status; `None` where it cannot be taken. What was reported or verified stays so: neither another
    /// radiologist nor a further report takes it back.
    fn leads_to(self, status: StudyStatus) -> Option<StudyStatus> {
        use StudyStatus::{Assigned, InReview, ReportGenerated, Uploaded, Verified};
        match (self, status) {
            (Self::Assign, Uploaded | Assigned | InReview) => Some(Assigned),
            (Self::Assign, ReportGenerated) => Some(ReportGenerated),
            (Self::Release, Assigned | InReview) => Some(Uploaded),
            (Self::Review, Uploaded | Assigned | InReview) => Some(InReview),
            (Self::Report, Verified) => Some(Verified),
            (Self::Report, _) => Some(ReportGenerated),
            (Self::Verify, _) => Some(Verified),
            (Self::Assign, Verified) | (Self::Release, _) | (Self::Review, _) => None,
        }
    }

    /// For messages.
    fn participle(self) -> &'static str {
        match self {
            Self::Assign => "assigned",
            Self::Release => "released",
            Self::Review => "reviewed",
            Self::Report => "reported",
            Self::Verify => "verified",
        }
    }
}

/// The study as it is now; nobody else takes a step until the transaction ends.
pub(crate) async fn hold(tx: &Transaction, id: i64) -> Result<Model> {
    Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(Error::NotFound("Study"))
}

/// Takes a step with a study that is held, together with other changes of its row; a change of its status is an event.
/// A conflict with the code `STATUS_CONFLICT` when the step cannot be taken.
pub(crate) async fn advance(
    tx: &Transaction,
    ctx: &Context,
    study: &Model,
    step: Step,
    changes: ActiveModel,
) -> Result<Model> {
    let from = StudyStatus::of(study)?;
    let to = step.leads_to(from).ok_or_else(|| {
        let message = format!("A study cannot be {} when it is {}", step.participle(), from.as_str());
        Error::conflict("study", "STATUS_CONFLICT", message)
    })?;
    let mut row = study::ActiveModel {
        id: Set(study.id),
        status: Set(to.as_str().into()),
        updated_at: Set(Utc::now()),
        ..changes
    };
    if to == StudyStatus::Verified && study.verified_at.is_none() {
        row.verified_at = Set(Some(Utc::now()));
    }
    let was = seen(study);
    let study = row.update(tx).await?;
    if from != to {
        let payload = serde_json::json!({ "from": from.as_str(), "to": to.as_str(), "was": was });
        tell(tx, ctx, &study, EventKind::StudyStatusChanged, payload).await?;
    }
    Ok(study)
}

/// What of a study changes while it is on the worklist: kept with an event, so that whoever hears of it knows which lists the study was in.
pub(crate) fn seen(study: &Model) -> Seen {
    Seen {
        status: study.status.clone(),
        assignee_id: study.assigned_radiologist_id,
        urgency: study.urgency.clone(),
        due_at: study.due_at,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub status: String,
    pub assignee_id: Option<i64>,
    pub urgency: String,
    pub due_at: DateTime<Utc>,
}

/// An event of a study, with who did it, and what the study was before: as it is given here, where the payload does not say.
pub(crate) async fn tell(
    tx: &Transaction,
    ctx: &Context,
    study: &Model,
    kind: EventKind,
    mut payload: serde_json::Value,
) -> Result<()> {
    if let Some(fields) = payload.as_object_mut() {
        fields.entry("was").or_insert_with(|| serde_json::json!(seen(study)));
    }
    let event = NewEvent {
        kind,
        centre_id: Some(study.centre_id),
        study_id: Some(study.id),
        job_id: None,
        user_id: ctx.user_id(),
        payload,
    };
    events::append(tx, event).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_release_or_another_radiologist_leads_back() {
        for step in [Step::Assign, Step::Review, Step::Report, Step::Verify] {
            for from in StudyStatus::ALL {
                let back = step.leads_to(from).is_some_and(|to| to < from);
                let anew = (step, from) == (Step::Assign, StudyStatus::InReview);
                assert_eq!(back, anew, "{step:?} from {from:?}");
            }
        }
    }

    #[test]
    fn what_is_verified_stays_verified() {
        for step in [Step::Assign, Step::Release, Step::Review, Step::Report, Step::Verify] {
            let to = step.leads_to(StudyStatus::Verified);
            assert!(to.is_none_or(|to| to == StudyStatus::Verified), "{step:?}");
        }
    }
}
