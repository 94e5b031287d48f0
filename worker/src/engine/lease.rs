//! One attempt, as a tower layer around the handler: outermost, so that whatever happens within is settled.

use super::backend::Work;
use super::context::{JobCtx, Stop};
use super::error::JobError;
use super::outcome::{Ended, settlement};
use apalis_core::error::BoxDynError;
use apalis_core::task::Task;
use domain::jobs::JobState;
use domain::jobs::store::Settlement;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tracing::{Instrument, info, info_span};

#[derive(Clone)]
pub struct LeaseLayer;

impl<S> tower::Layer<S> for LeaseLayer {
    type Service = LeaseService<S>;

    fn layer(&self, inner: S) -> LeaseService<S> {
        LeaseService { inner }
    }
}

#[derive(Clone)]
pub struct LeaseService<S> {
    inner: S,
}

impl<S> tower::Service<Task<Work>> for LeaseService<S>
where
    S: tower::Service<Task<Work>, Response = ()>,
    S::Error: Into<BoxDynError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = BoxDynError;
    type Future = BoxFuture<'static, Result<(), BoxDynError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxDynError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    /// The attempt is a task of its own: it ends as it should even when the worker around it is dropped.
    fn call(&mut self, task: Task<Work>) -> Self::Future {
        let (ctx, timeout) = (task.args.ctx.clone(), task.args.handler.timeout);
        let run = self.inner.call(task).map_err(|error| job_error(error.into()));
        let attempt = tokio::spawn(attempt(ctx, timeout, run));
        async move { Ok(attempt.await?) }.boxed()
    }
}

/// apalis boxes what handlers answer.
fn job_error(error: BoxDynError) -> JobError {
    match error.downcast::<JobError>() {
        Ok(error) => *error,
        Err(error) => anyhow::anyhow!(error).into(),
    }
}

/// Runs an attempt to its end: answer, panic, timeout, cancel, lost lease or shutdown; then settles it.
pub async fn attempt(ctx: JobCtx, timeout: Duration, run: impl Future<Output = Result<(), JobError>> + Send) {
    let job = ctx.job();
    let span = info_span!("job", id = %job.lease.job_id, kind = job.kind, attempt = job.attempt);
    let started = Instant::now();
    let ended = watch(&ctx, timeout, run).instrument(span.clone()).await;
    let hub = ctx.hub().clone();
    if matches!(ended, Ended::Returned(_)) && hub.settler.has_room() {
        ctx.free_slot();
    }
    let end = settlement(&ctx, ended, timeout);
    let state = match &end {
        Some(end) => hub.settle(ctx.lease(), end, ctx.renewed()).instrument(span.clone()).await,
        None => ctx.completed().then_some(JobState::Succeeded),
    };
    hub.remove(&ctx);
    span.in_scope(|| report(&ctx, end.as_ref(), state, started.elapsed()));
}

async fn watch(ctx: &JobCtx, timeout: Duration, run: impl Future<Output = Result<(), JobError>> + Send) -> Ended {
    let mut run = std::pin::pin!(AssertUnwindSafe(run).catch_unwind());
    let returned = tokio::select! {
        returned = &mut run => Some(returned),
        () = ctx.halted() => None,
        () = tokio::time::sleep(timeout) => {
            ctx.halt(Stop::TimedOut);
            None
        }
    };
    let returned = match returned {
        Some(returned) => Ok(returned),
        None => tokio::time::timeout(ctx.hub().options.wind_down, run).await,
    };
    match returned {
        Ok(Ok(answer)) => Ended::Returned(answer),
        Ok(Err(panic)) => Ended::Panicked(panic),
        Err(_) => Ended::LeftAlone,
    }
}

fn report(ctx: &JobCtx, end: Option<&Settlement>, state: Option<JobState>, took: Duration) {
    let outcome = match (end, state) {
        (_, None) => "lost",
        (None | Some(Settlement::Succeeded), _) => "succeeded",
        (_, Some(JobState::Cancelled)) => "cancelled",
        (_, Some(JobState::Dead)) => "dead",
        (Some(Settlement::Released), _) => "released",
        (Some(Settlement::Snoozed { .. }), _) => "snoozed",
        (Some(Settlement::Deferred { .. }), _) => "deferred",
        _ => "retrying",
    };
    let kind = ctx.job().kind.clone();
    metrics::counter!("gantry_job_attempts_total", "kind" => kind.clone(), "outcome" => outcome).increment(1);
    metrics::histogram!("gantry_job_wait_seconds", "kind" => kind.clone()).record(ctx.job().waited);
    metrics::histogram!("gantry_job_duration_seconds", "kind" => kind).record(took);
    match end {
        Some(Settlement::Retry { error, .. } | Settlement::Deferred { error, .. } | Settlement::Dead { error }) => {
            info!(outcome, error, ?took, "attempt ended")
        }
        _ => info!(outcome, ?took, "attempt ended"),
    }
}
