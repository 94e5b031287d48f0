//! Workers: take jobs from `domain::jobs` and do them.
//!
//! `engine` runs attempts (lease, heartbeat, timeout, cancel, panic, settlement) with apalis as its runtime; `handlers` has one
//! file a kind of job and says how it is done. Handlers call services of `domain` and functions of `imaging`, nothing else.
//!
//! Invariants: a handler may be stopped at any point and run again, also beside a stopped one that does not know it yet: what it
//! leaves behind counts only if it is committed in the transaction of `JobCtx::completing`. CPU work runs in `spawn_blocking`.

mod engine;
mod handlers;

pub use engine::{Completion, Engine, JobCtx, JobError, Options, Registry, Stop};

use domain::App;
use domain::jobs::{self, NewJob, RollUpUsageV1, ScrubObjectsV1, SweepOrphansV1, TrimHistoryV1, WatchWorklistV1};
use std::time::Duration;
use tracing::{error, warn};

/// Works off jobs until the application stops, then gives back what is unfinished.
pub async fn run(app: App, options: Options) -> domain::Result<()> {
    let stop = app.stop.clone();
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        () = schedule(&app) => {}
    }
    let engine = Engine::new(app.db.clone(), app.signals.clone(), handlers::registry(&app), options);
    engine.run(stop).await.inspect_err(|error| error!(%error, "the workers ended"))
}

/// Makes sure that the jobs that recur for ever are there; each is one job in the whole cluster.
async fn schedule(app: &App) {
    while let Err(error) = enqueue_recurring(app).await {
        warn!(%error, "recurring jobs could not be enqueued; trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn enqueue_recurring(app: &App) -> domain::Result<()> {
    let tx = app.db.begin().await?;
    jobs::enqueue(&tx, NewJob::new(SweepOrphansV1 {})).await?;
    jobs::enqueue(&tx, NewJob::new(ScrubObjectsV1 {})).await?;
    jobs::enqueue(&tx, NewJob::new(TrimHistoryV1 {})).await?;
    jobs::enqueue(&tx, NewJob::new(RollUpUsageV1 {})).await?;
    jobs::enqueue(&tx, NewJob::new(WatchWorklistV1 {})).await?;
    Ok(tx.commit().await?)
}

/// Runs every job that is due, one after the other, until none is; answers how many attempts that took. For tests and tools.
pub async fn run_pending(app: &App) -> domain::Result<usize> {
    let options = Options::from_config(&app.config);
    let engine = Engine::new(app.db.clone(), app.signals.clone(), handlers::registry(app), options);
    engine.run_pending().await
}
