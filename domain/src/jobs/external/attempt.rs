//! An attempt outside the server: who holds it, and that it goes on.

use super::kinds::{self, ExternalKind};
use super::{claim, ending, outputs};
use crate::App;
use crate::context::{ActingWorker, Context};
use crate::error::{Error, Result};
use crate::input::Checks;
use crate::jobs::store::{self, Lease, Settlement};
use crate::jobs::{JobKind, JobState, backoff};
use crate::policy::{Action, require};
use chrono::{DateTime, Utc};
use entity::job::Model;
use std::time::Duration;
use uuid::Uuid;

/// A worker that beats hears of its timeout before the reaper finds its lease over.
const LATE: Duration = Duration::from_secs(30);

/// A job that the caller holds.
pub struct Held {
    pub job: Model,
    pub lease: Lease,
    pub kind: &'static dyn ExternalKind,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, Copy)]
pub struct Beat {
    pub lease_expires_at: DateTime<Utc>,
    /// Somebody asked to cancel the job: stop, and say `cancelled`.
    pub cancel: bool,
}

/// The worker behind a token.
pub(super) fn working(ctx: &Context) -> Result<&ActingWorker> {
    require(ctx, Action::JobWork)?;
    ctx.worker()
}

/// What the rows of the jobs of a token's workers begin with.
pub(super) fn holder(worker: &ActingWorker) -> String {
    format!("external:{}/", worker.name)
}

pub(super) fn lease_lost() -> Error {
    Error::conflict(
        "leaseToken",
        "LEASE_LOST",
        "This lease does not hold the job any more: drop what was done for it, and claim again",
    )
}

/// A job within the token's scope; others are not there.
pub(super) async fn in_scope(app: &App, worker: &ActingWorker, id: Uuid) -> Result<(Model, &'static dyn ExternalKind)> {
    let job = store::find(app.db.reader(), id).await?.ok_or(Error::NotFound("Job"))?;
    let of_centre = worker.centre_id.is_none_or(|own| job.centre_id == Some(own));
    let kind = JobKind::parse(&job.kind).filter(|kind| worker.kinds.contains(kind)).and_then(kinds::find);
    match kind {
        Some(kind) if of_centre => Ok((job, kind)),
        _ => Err(Error::OutOfScope("Job")),
    }
}

/// The job, which this token's worker must hold by that lease.
pub(super) async fn held(app: &App, ctx: &Context, id: Uuid, token: i64) -> Result<Held> {
    let worker = working(ctx)?;
    let (job, kind) = in_scope(app, worker, id).await?;
    let ours = job.worker.as_deref().is_some_and(|name| name.starts_with(&holder(worker)));
    let running = job.state == JobState::Running.as_str();
    if !(running && ours && job.lease_token == token) {
        return Err(lease_lost());
    }
    let lease = Lease { job_id: id, token };
    Ok(Held { job, lease, kind })
}

/// Renews the lease, and with it the outputs; says how far the attempt is when `progress` (from 0 to 1) is another than before.
pub async fn job_heartbeat(
    app: &App,
    ctx: &Context,
    id: Uuid,
    token: i64,
    progress: Option<f64>,
    lease_seconds: u64,
) -> Result<Beat> {
    if progress.is_some_and(|progress| !(0.0..=1.0).contains(&progress)) {
        return Err(Error::invalid("progress", "OUT_OF_RANGE", "progress is from 0 to 1"));
    }
    Checks::default().add(claim::lease_seconds(lease_seconds)).done()?;
    let held = held(app, ctx, id, token).await?;
    let elapsed = store::elapsed(app.db.reader(), &held.lease).await?.ok_or_else(lease_lost)?;
    let timeout = held.kind.timeout();
    if elapsed > timeout {
        return Err(timed_out(app, &held, timeout).await?);
    }
    let lasts = Duration::from_secs(lease_seconds).min(timeout + LATE - elapsed);
    let extended = store::extend(app.db.writer(), &held.lease, lasts).await?.ok_or_else(lease_lost)?;
    outputs::keep(app, &held.lease, extended.lease_until).await?;
    if let Some(progress) = progress.filter(|progress| *progress != held.job.progress)
        && !store::progress(&app.db, &held.lease, progress).await?
    {
        return Err(lease_lost());
    }
    Ok(Beat {
        lease_expires_at: extended.lease_until,
        cancel: extended.cancel_requested,
    })
}

async fn timed_out(app: &App, held: &Held, timeout: Duration) -> Result<Error> {
    let error = format!("timed out after {} s", timeout.as_secs_f64());
    let end = Settlement::Retry {
        delay: backoff(failures(&held.job)),
        error: error.clone(),
    };
    ending::settle(app, held, &end).await?;
    Ok(Error::conflict(
        "leaseToken",
        "LEASE_LOST",
        format!("The attempt {error} and was ended: drop what was done for it, and claim again"),
    ))
}

/// Attempts that failed, this one included if it does; lost leases are not among them.
pub(super) fn failures(job: &Model) -> i32 {
    job.attempt - job.lost_leases
}
