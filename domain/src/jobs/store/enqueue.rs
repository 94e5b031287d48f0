//! New jobs.

use super::event::{Changed, RETURNING, tell};
use crate::db::sql::query;
use crate::error::{Error, Result};
use crate::events::EventKind;
use crate::jobs::Job;
use sea_orm::{ConnectionTrait, Value};
use std::time::Duration;
use uuid::Uuid;

/// Higher runs earlier, within a queue.
pub mod priority {
    pub const URGENT: i32 = 10;
    pub const NORMAL: i32 = 0;
    pub const BACKGROUND: i32 = -10;
}

/// A job to be enqueued: what, for whom, when.
#[derive(Debug, Clone)]
pub struct NewJob<J> {
    pub payload: J,
    pub study_id: Option<i64>,
    pub centre_id: Option<i64>,
    pub created_by_id: Option<i64>,
    pub priority: i32,
    pub delay: Duration,
}

impl<J: Job> NewJob<J> {
    pub fn new(payload: J) -> Self {
        Self {
            payload,
            study_id: None,
            centre_id: None,
            created_by_id: None,
            priority: priority::NORMAL,
            delay: Duration::ZERO,
        }
    }

    /// A job on a study; urgent studies go first.
    pub fn of_study(payload: J, study: &entity::study::Model) -> Self {
        Self {
            study_id: Some(study.id),
            centre_id: Some(study.centre_id),
            priority: if study.is_urgent {
                priority::URGENT
            } else {
                priority::NORMAL
            },
            ..Self::new(payload)
        }
    }

    pub fn by(self, user_id: Option<i64>) -> Self {
        Self {
            created_by_id: user_id,
            ..self
        }
    }
}

/// Enqueues in the caller's transaction and answers the job's id. An unfinished job with the same kind and unique key is
/// answered instead of a new one, with the higher priority of both; when it is already running it will run once more, because
/// it may have read its inputs before the caller's rows existed.
pub async fn enqueue<J: Job>(c: &impl ConnectionTrait, job: NewJob<J>) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let payload = serde_json::to_value(&job.payload).map_err(Error::internal)?;
    let sql = format!(
        "INSERT INTO job (id, kind, queue, payload, unique_key, priority, max_attempts, study_id, centre_id, created_by_id,
                          run_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, {{now+$11}}, {{now}}, {{now}})
         ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL AND state IN ('PENDING','RUNNING')
         DO UPDATE SET rerun = (job.rerun OR job.state = 'RUNNING'), updated_at = {{now}},
           priority = CASE WHEN excluded.priority > job.priority THEN excluded.priority ELSE job.priority END
         {RETURNING}"
    );
    let values: Vec<Value> = vec![
        id.into(),
        J::KIND.into(),
        J::QUEUE.into(),
        payload.into(),
        job.payload.unique_key().into(),
        job.priority.into(),
        J::MAX_ATTEMPTS.into(),
        job.study_id.into(),
        job.centre_id.into(),
        job.created_by_id.into(),
        job.delay.as_secs_f64().into(),
    ];
    let rows = query(c, &sql, values).await?;
    let Some(row) = rows.first() else {
        return Err(Error::internal(anyhow::anyhow!("an enqueued job answered no row")));
    };
    let job = Changed::of(row)?;
    if job.id == id {
        tell(c, EventKind::JobQueued, &job).await?;
        metrics::counter!("gantry_jobs_enqueued_total", "kind" => J::KIND).increment(1);
    }
    Ok(job.id)
}
