//! Claiming: leases jobs to a worker outside, and makes their tasks; waits for some when there are none.

use super::attempt::{failures, holder, working};
use super::kinds::{self, ExternalKind};
use crate::App;
use crate::audit::AuditKind;
use crate::context::{ActingWorker, Context};
use crate::error::{Error, FieldError, Result};
use crate::input::{self, Checks};
use crate::jobs::store::{self, Lease, Settlement};
use crate::jobs::{JobKind, backoff, outage_backoff};
use crate::policy::Reach;
use crate::signals::Wakeups;
use entity::job::Model;
use futures::FutureExt;
use futures::future::select_all;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

const LIMIT: RangeInclusive<u64> = 1..=32;
const LEASE: RangeInclusive<u64> = 5..=3600;
const WAIT: RangeInclusive<u64> = 0..=30;
/// Retries come due without a wake-up.
const POLL: Duration = Duration::from_secs(1);

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its own name, to be shown with the jobs.
    pub worker: String,
    /// None: all that the token may claim.
    pub kinds: Option<Vec<String>>,
    pub limit: usize,
    pub lease_seconds: u64,
    /// How long to wait for a job when there is none.
    pub wait_seconds: u64,
}

/// A job that is the worker's until its lease ends.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub job: Model,
    /// The longest that the attempt may take.
    pub timeout: Duration,
    /// As its kind has it.
    pub task: Value,
}

/// Leases due jobs, the most urgent first; perhaps none.
pub async fn job_claim(app: &App, ctx: &Context, claim: &Claim) -> Result<Vec<Claimed>> {
    let worker = working(ctx)?;
    check(claim)?;
    let queues = by_queue(&wanted(worker, claim.kinds.as_deref())?);
    // Listened to before the first look, so that nothing falls between.
    let mut wakeups: Vec<Wakeups> = queues.keys().map(|queue| app.signals.queue(queue)).collect();
    let end = Instant::now() + Duration::from_secs(claim.wait_seconds);
    loop {
        let leases = fetch(app, worker, claim, &queues).await?;
        let left = end.saturating_duration_since(Instant::now());
        if !leases.is_empty() {
            let claimed = tasks(app, &leases).await?;
            ctx.saw(
                AuditKind::StudyRead,
                claimed.iter().filter_map(|claimed| claimed.job.study_id),
            );
            return Ok(claimed);
        }
        if left.is_zero() || app.stop.is_cancelled() {
            return Ok(Vec::new());
        }
        let woken = select_all(wakeups.iter_mut().map(|wakeup| wakeup.changed().boxed()));
        tokio::select! {
            _ = woken => {}
            () = app.stop.cancelled() => {}
            () = tokio::time::sleep(left.min(POLL)) => {}
        }
    }
}

fn check(claim: &Claim) -> Result<()> {
    Checks::default()
        .add(input::line("worker", &claim.worker, 100))
        .add(within("limit", claim.limit as u64, LIMIT))
        .add(lease_seconds(claim.lease_seconds))
        .add(within("waitSeconds", claim.wait_seconds, WAIT))
        .done()
}

pub(super) fn lease_seconds(seconds: u64) -> Option<FieldError> {
    within("leaseSeconds", seconds, LEASE)
}

fn within(field: &'static str, value: u64, range: RangeInclusive<u64>) -> Option<FieldError> {
    (!range.contains(&value)).then(|| FieldError {
        field,
        code: "OUT_OF_RANGE",
        message: format!("{field} is from {} to {}", range.start(), range.end()),
    })
}

/// Those of the token, or those that are asked for when the token may claim all of them; at least one.
fn wanted(worker: &ActingWorker, asked: Option<&[String]>) -> Result<Vec<&'static dyn ExternalKind>> {
    let kinds = match asked {
        None => worker.kinds.clone(),
        Some(words) => {
            let may = |word: &String| JobKind::parse(word).filter(|kind| worker.kinds.contains(kind));
            words.iter().map(|word| may(word).ok_or(Error::Forbidden)).collect::<Result<_>>()?
        }
    };
    let kinds: Vec<_> = kinds.into_iter().filter_map(kinds::find).collect();
    if kinds.is_empty() {
        Err(Error::Forbidden)
    } else {
        Ok(kinds)
    }
}

fn by_queue(kinds: &[&'static dyn ExternalKind]) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut queues = BTreeMap::<_, Vec<_>>::new();
    for kind in kinds {
        queues.entry(kind.queue()).or_default().push(kind.kind().as_str());
    }
    queues
}

async fn fetch(
    app: &App,
    worker: &ActingWorker,
    claim: &Claim,
    queues: &BTreeMap<&'static str, Vec<&'static str>>,
) -> Result<Vec<Lease>> {
    // Where all workers are outside, nobody else returns the jobs of those that vanished.
    store::reap(&app.db).await?;
    let name = format!("{}{}", holder(worker), claim.worker.trim());
    let lasts = Duration::from_secs(claim.lease_seconds);
    let mut leases = Vec::new();
    for (queue, kinds) in queues {
        let left = claim.limit - leases.len();
        if left == 0 {
            break;
        }
        match worker.centre_id {
            None => {
                let fetched = store::fetch(&app.db, queue, kinds, &name, lasts, left).await?;
                leases.extend(fetched.into_iter().map(|job| job.lease));
            }
            Some(centre) => {
                leases.extend(store::fetch_of_centre(&app.db, centre, queue, kinds, &name, lasts, left).await?);
            }
        }
    }
    Ok(leases)
}

async fn tasks(app: &App, leases: &[Lease]) -> Result<Vec<Claimed>> {
    let ids: Vec<_> = leases.iter().map(|lease| lease.job_id).collect();
    let rows = store::by_id(app.db.reader(), Reach::All, &ids).await?;
    let mut rows: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut claimed = Vec::with_capacity(leases.len());
    for lease in leases {
        let Some(job) = rows.remove(&lease.job_id).filter(|job| job.lease_token == lease.token) else {
            continue;
        };
        let Some(kind) = JobKind::parse(&job.kind).and_then(kinds::find) else {
            continue;
        };
        match kind.task(app, &job).await {
            Ok(task) => claimed.push(Claimed {
                timeout: kind.timeout(),
                job,
                task,
            }),
            Err(error) => cannot_be_told(app, lease, &job, error).await?,
        }
    }
    Ok(claimed)
}

/// A job whose task cannot be made fails as it would with a worker of ours: what may recover is tried again.
async fn cannot_be_told(app: &App, lease: &Lease, job: &Model, error: Error) -> Result<()> {
    if let Error::Internal(cause) = &error {
        tracing::error!(error = ?cause, job = %job.id, "the task of a job could not be made");
    }
    let text = error.to_string();
    let end = match error {
        Error::Unavailable(_) => Settlement::Deferred {
            error: text,
            delay: outage_backoff(job.deferrals + 1),
        },
        Error::Internal(_) | Error::TooMany { .. } => Settlement::Retry {
            error: text,
            delay: backoff(failures(job)),
        },
        _ => Settlement::Dead { error: text },
    };
    store::settle(&app.db, lease, &end).await?;
    Ok(())
}
