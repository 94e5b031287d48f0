//! The engine with jobs that do nothing: how many it does, and how soon one begins.

use crate::{Backend, row};
use anyhow::{Context, Result, ensure};
use domain::App;
use domain::db::sql::query;
use domain::jobs::{self, Job, NewJob};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use worker::{Engine, JobCtx, Options, Registry};

const JOBS: i64 = 2_000;
const STARTS: i64 = 300;
/// Between a start and the next job, so that each meets a worker that waits.
const PAUSE: Duration = Duration::from_millis(10);
/// Jobs of one transaction.
const AT_ONCE: i64 = 500;
const UNFINISHED: &str = "SELECT 1 FROM job WHERE kind = 'no_operation' AND state IN ('PENDING','RUNNING') LIMIT 1";

#[derive(Serialize, Deserialize)]
struct NoOperation {
    number: i64,
}

impl Job for NoOperation {
    const KIND: &'static str = "no_operation";
    const QUEUE: &'static str = "bench";

    fn unique_key(&self) -> Option<String> {
        None
    }
}

pub async fn measure(backend: Backend) -> Result<()> {
    let place = backend.install().await;
    for slots in [1, 8, 32] {
        let rate = throughput(&place.app, slots, JOBS).await?;
        row(
            &format!("{}: no-op jobs, {slots} slots", backend.name()),
            format!("{rate:.0} jobs/s"),
        );
    }
    let (median, last) = latencies(&place.app, STARTS).await?;
    let text = format!("p50 {median:.1} ms, p99 {last:.1} ms");
    row(&format!("{}: from the commit to the start", backend.name()), text);
    Ok(())
}

/// Jobs a second, from the start of the first until all are done in the table too.
pub async fn throughput(app: &App, slots: usize, jobs: i64) -> Result<f64> {
    for from in (0..jobs).step_by(AT_ONCE as usize) {
        enqueue(app, from..jobs.min(from + AT_ONCE)).await?;
    }
    let mut worker = Worker::start(app, slots);
    let began = worker.next().await?;
    for _ in 1..jobs {
        worker.next().await?;
    }
    while !query(app.db.reader(), UNFINISHED, vec![]).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    worker.stop().await?;
    Ok(jobs as f64 / seconds)
}

/// Milliseconds from a commit to the start of its job: the median and the 99th of a hundred.
pub async fn latencies(app: &App, jobs: i64) -> Result<(f64, f64)> {
    let mut worker = Worker::start(app, 4);
    let mut waits = Vec::new();
    for number in 0..jobs {
        tokio::time::sleep(PAUSE).await;
        enqueue(app, number..number + 1).await?;
        let committed = Instant::now();
        waits.push(worker.next().await?.saturating_duration_since(committed));
    }
    worker.stop().await?;
    Ok(percentiles(waits))
}

/// The median and the 99th of a hundred, in milliseconds.
pub fn percentiles(mut waits: Vec<Duration>) -> (f64, f64) {
    waits.sort_unstable();
    let at = |part: usize| waits[waits.len() * part / 100].as_secs_f64() * 1e3;
    (at(50), at(99))
}

async fn enqueue(app: &App, numbers: std::ops::Range<i64>) -> Result<()> {
    let tx = app.db.begin().await?;
    for number in numbers {
        jobs::enqueue(&tx, NewJob::new(NoOperation { number })).await?;
    }
    Ok(tx.commit().await?)
}

/// A worker process' engine, which tells when each job starts.
struct Worker {
    starts: mpsc::UnboundedReceiver<Instant>,
    running: JoinHandle<domain::Result<()>>,
    stop: CancellationToken,
}

impl Worker {
    fn start(app: &App, slots: usize) -> Self {
        let (started, starts) = mpsc::unbounded_channel();
        let registry = Registry::default().with(move |_: NoOperation, _: JobCtx| {
            // Nobody listens any more when the measure has failed.
            let _ = started.send(Instant::now());
            async { Ok(()) }
        });
        let options = Options {
            slots: [(NoOperation::QUEUE.to_owned(), slots)].into(),
            grace: Duration::ZERO,
            ..Options::default()
        };
        let stop = CancellationToken::new();
        let engine = Engine::new(app.db.clone(), app.signals.clone(), registry, options);
        let running = tokio::spawn(engine.run(stop.clone()));
        Self { starts, running, stop }
    }

    async fn next(&mut self) -> Result<Instant> {
        self.starts.recv().await.context("the worker ended")
    }

    /// Fails when a job was started that nobody waited for.
    async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        self.running.await??;
        ensure!(self.starts.try_recv().is_err(), "jobs were started more than once");
        Ok(())
    }
}
