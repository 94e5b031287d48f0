//! The engine with jobs that do nothing: how many it does, and how soon one begins.

use crate::{Backend, row};
use anyhow::{Context, Result};
use domain::App;
use domain::db::sql::query;
use domain::jobs::{self, Job, NewJob};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use worker::{Engine, JobCtx, Options, Registry};

const JOBS: i64 = 2_000;
const STARTS: i64 = 300;
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
        let rate = throughput(&place.app, slots).await?;
        row(
            &format!("{}: no-op jobs, {slots} slots", backend.name()),
            format!("{rate:.0} jobs/s"),
        );
    }
    let mut waits = latencies(&place.app).await?;
    waits.sort_unstable();
    let at = |part: usize| waits[waits.len() * part / 100].as_secs_f64() * 1e3;
    let text = format!("p50 {:.1} ms, p99 {:.1} ms", at(50), at(99));
    row(&format!("{}: from the commit to the start", backend.name()), text);
    Ok(())
}

async fn throughput(app: &App, slots: usize) -> Result<f64> {
    for from in (0..JOBS).step_by(AT_ONCE as usize) {
        enqueue(app, from..from + AT_ONCE).await?;
    }
    let registry = Registry::default().with(async |_: NoOperation, _: JobCtx| Ok(()));
    let began = Instant::now();
    let stop = CancellationToken::new();
    let running = tokio::spawn(engine(app, registry, slots).run(stop.clone()));
    while !query(app.db.reader(), UNFINISHED, vec![]).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    stop.cancel();
    running.await??;
    Ok(JOBS as f64 / seconds)
}

async fn latencies(app: &App) -> Result<Vec<Duration>> {
    let (started, mut starts) = mpsc::unbounded_channel();
    let registry = Registry::default().with(move |_: NoOperation, _: JobCtx| {
        // Nobody listens any more when the measure has ended.
        let _ = started.send(Instant::now());
        async { Ok(()) }
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(engine(app, registry, 4).run(stop.clone()));
    let mut waits = Vec::new();
    for number in 0..STARTS {
        enqueue(app, number..number + 1).await?;
        let committed = Instant::now();
        let start = starts.recv().await.context("the worker ended")?;
        waits.push(start.saturating_duration_since(committed));
    }
    stop.cancel();
    running.await??;
    Ok(waits)
}

async fn enqueue(app: &App, numbers: std::ops::Range<i64>) -> Result<()> {
    let tx = app.db.begin().await?;
    for number in numbers {
        jobs::enqueue(&tx, NewJob::new(NoOperation { number })).await?;
    }
    Ok(tx.commit().await?)
}

fn engine(app: &App, registry: Registry, slots: usize) -> Engine {
    let options = Options {
        slots: [(NoOperation::QUEUE.to_owned(), slots)].into(),
        grace: Duration::ZERO,
        ..Options::default()
    };
    Engine::new(app.db.clone(), app.signals.clone(), registry, options)
}
