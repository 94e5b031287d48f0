//! How an attempt goes on and ends. Each statement is fenced: it changes the row only for the holder of the latest lease.

use super::Lease;
use super::ending::Ending;
use super::event::{Changed, RETURNING, tell, tell_all};
use super::heartbeat::held;
use crate::db::Db;
use crate::db::sql::{execute, numbers, query};
use crate::error::Result;
use crate::events::EventKind;
use crate::jobs::JobState;
use sea_orm::{ConnectionTrait, Value};
use std::time::Duration;

const ERROR_CHARACTERS: usize = 2000;
const FENCE: &str = "WHERE id = $1 AND state = 'RUNNING' AND lease_token = $2";

/// About a day of outage, as `outage_backoff` waits.
pub const MAX_DEFERRALS: i32 = 300;

const SUCCEEDED: Ending = Ending {
    verdict: "'SUCCEEDED'",
    lost_leases: "0",
    last_error: "NULL",
    progress: "1",
    deferrals: "0",
    ..Ending::UNCHANGED
};

/// How an attempt ended. A requested cancel wins over everything but success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    Succeeded,
    /// Try again after the delay; DEAD when no attempts are left.
    Retry {
        error: String,
        delay: Duration,
    },
    Dead {
        error: String,
    },
    Cancelled,
    /// Given back unharmed; the attempt does not count.
    Released,
    /// Something that the job needs is out of order: try again after the delay. The attempt does not count, but after
    /// `MAX_DEFERRALS` in a row the job is DEAD.
    Deferred {
        error: String,
        delay: Duration,
    },
    /// Done for now; runs again after the delay, with all its attempts.
    Snoozed {
        delay: Duration,
    },
}

impl Settlement {
    fn ending(&self) -> Ending {
        match self {
            Self::Succeeded => SUCCEEDED,
            Self::Retry { .. } => Ending {
                verdict: "CASE WHEN cancel_requested THEN 'CANCELLED' WHEN attempt - lost_leases >= max_attempts THEN 'DEAD' ELSE 'PENDING' END",
                run_at: "{now+$4}",
                last_error: "$3",
                deferrals: "0",
                ..Ending::UNCHANGED
            },
            Self::Deferred { .. } => Ending {
                verdict: "CASE WHEN cancel_requested THEN 'CANCELLED' WHEN deferrals + 1 >= $5 THEN 'DEAD' ELSE 'PENDING' END",
                attempt: "attempt - 1",
                run_at: "{now+$4}",
                last_error: "$3",
                deferrals: "deferrals + 1",
                ..Ending::UNCHANGED
            },
            Self::Dead { .. } => Ending {
                verdict: "CASE WHEN cancel_requested THEN 'CANCELLED' ELSE 'DEAD' END",
                last_error: "$3",
                ..Ending::UNCHANGED
            },
            Self::Cancelled => Ending {
                verdict: "'CANCELLED'",
                ..Ending::UNCHANGED
            },
            Self::Released => Ending {
                verdict: "CASE WHEN cancel_requested THEN 'CANCELLED' ELSE 'PENDING' END",
                attempt: "attempt - 1",
                ..Ending::UNCHANGED
            },
            Self::Snoozed { .. } => Ending {
                verdict: "CASE WHEN cancel_requested THEN 'CANCELLED' ELSE 'PENDING' END",
                attempt: "0",
                lost_leases: "0",
                run_at: "{now+$3}",
                last_error: "NULL",
                deferrals: "0",
                ..Ending::UNCHANGED
            },
        }
    }

    /// Parameters from `$3` on.
    fn values(&self) -> Vec<Value> {
        match self {
            Self::Retry { error, delay } => vec![bounded(error).into(), delay.as_secs_f64().into()],
            Self::Deferred { error, delay } => {
                vec![bounded(error).into(), delay.as_secs_f64().into(), MAX_DEFERRALS.into()]
            }
            Self::Dead { error } => vec![bounded(error).into()],
            Self::Snoozed { delay } => vec![delay.as_secs_f64().into()],
            Self::Succeeded | Self::Cancelled | Self::Released => Vec::new(),
        }
    }
}

/// PostgreSQL takes no NUL in a text.
fn bounded(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(ERROR_CHARACTERS).collect()
}

/// Ends an attempt in a transaction of its own and answers the job's new state; `None` when the lease is no longer held, and
/// then nothing has changed.
pub async fn settle(db: &Db, lease: &Lease, end: &Settlement) -> Result<Option<JobState>> {
    let tx = db.begin().await?;
    let state = settle_in(&tx, lease, end).await?;
    tx.commit().await?;
    Ok(state)
}

/// Completes the job in the caller's transaction, together with its results. To be called first: it locks the rows, and a false
/// answer means that the lease is lost and nothing may be written.
///
/// The study is locked before the job, as uploads do that add to the study and then enqueue: neither waits for the other in a
/// circle.
pub async fn succeed(c: &impl ConnectionTrait, lease: &Lease, study_id: Option<i64>) -> Result<bool> {
    if let Some(study_id) = study_id {
        query(c, "SELECT 1 FROM study WHERE id = $1 {lock}", vec![study_id.into()]).await?;
    }
    Ok(settle_in(c, lease, &Settlement::Succeeded).await?.is_some())
}

async fn settle_in(c: &impl ConnectionTrait, lease: &Lease, end: &Settlement) -> Result<Option<JobState>> {
    let assignments = end.ending().assignments();
    let Some(job) = update(c, lease, &assignments, end.values()).await? else {
        return Ok(None);
    };
    tell(c, event_kind(&job, end), &job).await?;
    Ok(job.state())
}

fn event_kind(job: &Changed, end: &Settlement) -> EventKind {
    match (job.state(), end) {
        (Some(JobState::Succeeded), _) => EventKind::JobSucceeded,
        (Some(JobState::Dead), _) => EventKind::JobDead,
        (Some(JobState::Cancelled), _) => EventKind::JobCancelled,
        (_, Settlement::Retry { .. } | Settlement::Deferred { .. }) => EventKind::JobRetrying,
        _ => EventKind::JobQueued,
    }
}

/// Ends many attempts that succeeded and left no results, in one transaction, and answers those that it ended. Rows that are
/// locked right now are passed over, because who waits for several may wait in a circle: settle them one by one.
pub async fn succeed_all(db: &Db, leases: &[Lease]) -> Result<Vec<Lease>> {
    let tx = db.begin().await?;
    let held = held(&tx, leases).await?;
    if held.is_empty() {
        return Ok(held);
    }
    let sql = format!(
        "UPDATE job SET {} WHERE id IN ({}) {RETURNING}",
        SUCCEEDED.assignments(),
        numbers(1, held.len())
    );
    let rows = query(&tx, &sql, held.iter().map(|lease| lease.job_id.into()).collect()).await?;
    let changed = rows.iter().map(Changed::of).collect::<Result<Vec<_>>>()?;
    tell_all(
        &tx,
        changed.iter().map(|job| (event_kind(job, &Settlement::Succeeded), job)),
    )
    .await?;
    tx.commit().await?;
    Ok(held)
}

async fn update(
    c: &impl ConnectionTrait,
    lease: &Lease,
    assignments: &str,
    more: Vec<Value>,
) -> Result<Option<Changed>> {
    let mut values: Vec<Value> = vec![lease.job_id.into(), lease.token.into()];
    values.extend(more);
    let sql = format!("UPDATE job SET {assignments} {FENCE} {RETURNING}");
    query(c, &sql, values).await?.first().map(Changed::of).transpose()
}

/// Writes how far the attempt is, from 0 to 1; false when the lease is lost.
pub async fn progress(db: &Db, lease: &Lease, progress: f64) -> Result<bool> {
    let tx = db.begin().await?;
    let value = progress.clamp(0.0, 1.0).into();
    let job = update(&tx, lease, "progress = $3, updated_at = {now}", vec![value]).await?;
    if let Some(job) = &job {
        tell(&tx, EventKind::JobProgressed, job).await?;
    }
    tx.commit().await?;
    Ok(job.is_some())
}

/// In the completing transaction, after `succeed`: what people should know of a job that succeeded.
pub async fn remark(c: &impl ConnectionTrait, lease: &Lease, text: &str) -> Result<()> {
    let sql = "UPDATE job SET last_error = $3 WHERE id = $1 AND lease_token = $2";
    execute(
        c,
        sql,
        vec![lease.job_id.into(), lease.token.into(), bounded(text).into()],
    )
    .await?;
    Ok(())
}

/// Whether this attempt, and no later one, ended the job: tells whether a commit took place whose answer was lost.
pub async fn finished_by(db: &Db, lease: &Lease) -> Result<bool> {
    let sql = "SELECT 1 FROM job WHERE id = $1 AND lease_token = $2 AND state <> 'RUNNING'";
    let rows = query(db.writer(), sql, vec![lease.job_id.into(), lease.token.into()]).await?;
    Ok(!rows.is_empty())
}
