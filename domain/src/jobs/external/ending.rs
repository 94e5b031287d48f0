//! How an attempt outside the server ends when it does not complete its job.

use super::attempt::{Held, failures, held, lease_lost};
use super::outputs;
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::jobs::store::{self, Settlement};
use crate::jobs::{JobState, backoff};
use std::time::Duration;
use uuid::Uuid;

/// A day; a service that is away for longer needs a person.
const LONGEST_DELAY: u64 = 86_400;

/// Why an attempt failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Shown with the job; without patient data.
    pub error: String,
    /// False: it will never go well.
    pub retryable: bool,
    /// None: the usual backoff.
    pub retry_after_seconds: Option<u64>,
}

/// The attempt failed: another follows, unless none is left or the failure is for good. Answers the job's new state.
pub async fn job_fail(app: &App, ctx: &Context, id: Uuid, token: i64, failure: Failure) -> Result<JobState> {
    let held = held(app, ctx, id, token).await?;
    let Failure {
        error,
        retryable,
        retry_after_seconds,
    } = failure;
    if error.trim().is_empty() {
        return Err(Error::invalid(
            "error",
            "INVALID_TEXT",
            "error says why the attempt failed",
        ));
    }
    let delay = match retry_after_seconds {
        Some(seconds) => Duration::from_secs(seconds.min(LONGEST_DELAY)),
        None => backoff(failures(&held.job)),
    };
    let end = match retryable {
        true => Settlement::Retry { error, delay },
        false => Settlement::Dead { error },
    };
    settle(app, &held, &end).await?.ok_or_else(lease_lost)
}

/// Gives a job back unharmed; the attempt does not count.
pub async fn job_release(app: &App, ctx: &Context, id: Uuid, token: i64) -> Result<JobState> {
    let held = held(app, ctx, id, token).await?;
    settle(app, &held, &Settlement::Released).await?.ok_or_else(lease_lost)
}

/// The worker stopped because a heartbeat told it to.
pub async fn job_cancelled(app: &App, ctx: &Context, id: Uuid, token: i64) -> Result<JobState> {
    let held = held(app, ctx, id, token).await?;
    if !held.job.cancel_requested {
        return Err(Error::conflict(
            "leaseToken",
            "CANCEL_NOT_REQUESTED",
            "Nobody asked to cancel this job: release it or let it fail",
        ));
    }
    settle(app, &held, &Settlement::Cancelled).await?.ok_or_else(lease_lost)
}

/// Ends the attempt and drops its outputs; `None` when the lease was lost meanwhile.
pub(super) async fn settle(app: &App, held: &Held, end: &Settlement) -> Result<Option<JobState>> {
    let batch = outputs::batch_of(app.db.reader(), &held.lease).await?;
    let state = store::settle(&app.db, &held.lease, end).await?;
    if let Some(state) = state {
        report(held, word(end, state));
        outputs::drop_batch(app, batch).await;
    }
    Ok(state)
}

fn word(end: &Settlement, state: JobState) -> &'static str {
    match (state, end) {
        (JobState::Cancelled, _) => "cancelled",
        (JobState::Dead, _) => "dead",
        (_, Settlement::Released) => "released",
        _ => "retrying",
    }
}

/// As the engine of our own workers counts its attempts.
pub(super) fn report(held: &Held, outcome: &'static str) {
    let job = &held.job;
    metrics::counter!("gantry_job_attempts_total", "kind" => job.kind.clone(), "outcome" => outcome).increment(1);
    tracing::info!(job = %job.id, kind = job.kind, attempt = job.attempt, worker = job.worker, outcome, "attempt outside ended");
}
