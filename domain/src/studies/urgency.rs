//! How urgent a study is: what decides in which order studies are read, and until when.

use super::acted_on;
use super::due::due_at;
use super::status::{StudyStatus, hold, seen, tell};
use crate::App;
use crate::audit::{About, AuditKind};
use crate::centres;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::events::EventKind;
use crate::input::{self, Checks};
use crate::policy::Action;
use chrono::Utc;
use entity::study::{ActiveModel, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

/// The most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Urgency {
    Emergency,
    Urgent,
    Priority,
    Routine,
}

impl Urgency {
    pub const ALL: [Urgency; 4] = [Self::Emergency, Self::Urgent, Self::Priority, Self::Routine];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Urgent => "urgent",
            Self::Priority => "priority",
            Self::Routine => "routine",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|urgency| urgency.as_str() == text)
    }

    pub fn of(study: &Model) -> Result<Self> {
        Self::parse(&study.urgency)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("study {} has urgency {}", study.id, study.urgency)))
    }

    /// What the contract's `is_urgent` says.
    pub fn is_urgent(self) -> bool {
        matches!(self, Self::Emergency | Self::Urgent)
    }

    /// From the DICOM attribute Requested Procedure Priority (0040,1003; PS3.3 C.4.11).
    pub fn from_dicom(text: &str) -> Self {
        match text.trim() {
            "STAT" => Self::Emergency,
            "HIGH" => Self::Urgent,
            "MEDIUM" => Self::Priority,
            _ => Self::Routine,
        }
    }

    /// How much of a radiologist's time it stands for beside the others: twice as much with each step.
    pub fn weight(self) -> i64 {
        match self {
            Self::Emergency => 8,
            Self::Urgent => 4,
            Self::Priority => 2,
            Self::Routine => 1,
        }
    }
}

/// Changes how urgent a study is, and with it when it is due. The reason, at most 500 characters on one line, is kept with the event. A
/// `STATUS_CONFLICT` when the study is verified.
pub async fn study_urgency_set(
    app: &App,
    ctx: &Context,
    key: &str,
    urgency: Urgency,
    reason: Option<&str>,
) -> Result<Model> {
    let study = acted_on(app, ctx, Action::StudyUrgency, key).await?;
    Checks::default().add(input::optional_line("reason", reason, 500)).done()?;
    let tx = app.db.begin().await?;
    let study = hold(&tx, study.id).await?;
    if StudyStatus::of(&study)? == StudyStatus::Verified {
        let message = "A study that is verified is not urgent any more";
        return Err(Error::conflict("study", "STATUS_CONFLICT", message));
    }
    let from = Urgency::of(&study)?;
    if from == urgency {
        return Ok(study);
    }
    let centre = centres::find(&tx, study.centre_id).await?;
    let due_at = due_at(&centre, urgency, study.created_at);
    let payload = json!({ "from": from.as_str(), "to": urgency.as_str(), "due_at": due_at,
        "reason": reason.map(str::trim).filter(|reason| !reason.is_empty()), "was": seen(&study) });
    let row = ActiveModel {
        id: Set(study.id),
        urgency: Set(urgency.as_str().into()),
        is_urgent: Set(urgency.is_urgent()),
        due_at: Set(due_at),
        updated_at: Set(Utc::now()),
        ..Default::default()
    };
    let study = row.update(&tx).await?;
    tell(&tx, ctx, &study, EventKind::StudyUrgencyChanged, payload).await?;
    app.audit.record(&tx, ctx, AuditKind::StudyUpdated, About::study(&study)).await?;
    tx.commit().await?;
    Ok(study)
}
