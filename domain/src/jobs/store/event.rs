//! What a change of a job tells the world.

use crate::error::Result;
use crate::events::{EventKind, NewEvent, append_all};
use crate::jobs::JobState;
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};
use uuid::Uuid;

/// The columns of a changed row that its event needs; the end of a changing statement.
pub const RETURNING: &str =
    "RETURNING id, kind, state, attempt, max_attempts, progress, centre_id, study_id, created_by_id";

#[derive(Debug, Clone, FromQueryResult)]
pub struct Changed {
    pub id: Uuid,
    pub kind: String,
    pub state: String,
    pub attempt: i32,
    pub max_attempts: i32,
    pub progress: f64,
    pub centre_id: Option<i64>,
    pub study_id: Option<i64>,
    pub created_by_id: Option<i64>,
}

impl Changed {
    pub fn of(row: &QueryResult) -> Result<Self> {
        Ok(Self::from_query_result(row, "")?)
    }

    pub fn state(&self) -> Option<JobState> {
        JobState::parse(&self.state)
    }
}

/// Appends the event of a change, in the transaction of the change.
pub async fn tell(c: &impl ConnectionTrait, kind: EventKind, job: &Changed) -> Result<()> {
    tell_all(c, [(kind, job)]).await
}

/// The same of several changes, in their order.
pub async fn tell_all<'a>(
    c: &impl ConnectionTrait,
    changes: impl IntoIterator<Item = (EventKind, &'a Changed)>,
) -> Result<()> {
    append_all(c, changes.into_iter().map(|(kind, job)| event(kind, job)).collect()).await
}

fn event(kind: EventKind, job: &Changed) -> NewEvent {
    NewEvent {
        kind,
        centre_id: job.centre_id,
        study_id: job.study_id,
        job_id: Some(job.id),
        user_id: job.created_by_id,
        payload: serde_json::json!({
            "kind": job.kind,
            "state": job.state,
            "attempt": job.attempt,
            "maxAttempts": job.max_attempts,
            "progress": job.progress,
        }),
    }
}
