//! apalis-postgres as a peer of Gantry's job engine; ../README.md says what is measured.

use anyhow::{Context, Result, bail, ensure};
use apalis::prelude::*;
use apalis_postgres::{Config, PgPool, PostgresStorage, queries};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// Must be that of Cargo.toml.
const VERSION: &str = "1.0.0";
const QUEUE: &str = "bench";
const AT_ONCE: i64 = 1_000;
const IDLE_SLOTS: usize = 4;
const PAUSE: Duration = Duration::from_millis(10);
const WARM_UP: i64 = 5;
/// Jobs of one fetch with `--large-batches`; the default is 10. Results are written when a fetch is used up, so more of them are
/// written at once too.
const LARGE_BATCH: usize = 100;
/// What was notified does not wait for it.
const POLL: Duration = Duration::from_secs(1);

#[derive(Serialize, Deserialize)]
struct NoOperation {
    number: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (mut name, mut config) = ("apalis-postgres", Config::default().queue(QUEUE));
    if arguments.first() == Some(&"--large-batches") {
        arguments.remove(0);
        (name, config) = ("apalis-postgres, batches of 100", config.batch_size(LARGE_BATCH));
    }
    let pool = PgPoolOptions::new().connect(&std::env::var("DATABASE_URL")?).await?;
    PostgresStorage::setup(&pool).await?;
    let mut line = serde_json::json!({ "peer": name, "version": VERSION });
    match arguments[..] {
        ["jobs", slots, count] => {
            let slots = slots.parse()?;
            line["slots"] = serde_json::json!(slots);
            line["jobs_per_second"] = jobs_per_second(&pool, config, slots, count.parse()?).await?.into();
        }
        ["starts", count] => {
            let waits = starts(&pool, config, count.parse()?).await?;
            let at = |part: usize| waits[waits.len() * part / 100].as_secs_f64() * 1e3;
            line["start_p50_ms"] = at(50).into();
            line["start_p99_ms"] = at(99).into();
        }
        _ => bail!("jobs SLOTS COUNT, or starts COUNT"),
    }
    println!("{line}");
    Ok(())
}

async fn jobs_per_second(pool: &PgPool, config: Config, slots: usize, count: i64) -> Result<f64> {
    for first in (0..count).step_by(AT_ONCE as usize) {
        enqueue(pool, first..count.min(first + AT_ONCE)).await?;
    }
    let (worker, mut starts) = worker(pool, config, slots);
    let began = next(&mut starts).await?;
    for _ in 1..count {
        next(&mut starts).await?;
    }
    until_done(pool).await?;
    let seconds = began.elapsed().as_secs_f64();
    end(worker, &mut starts)?;
    Ok(count as f64 / seconds)
}

async fn starts(pool: &PgPool, config: Config, count: i64) -> Result<Vec<Duration>> {
    let (worker, mut starts) = worker(pool, config, IDLE_SLOTS);
    let mut waits = Vec::new();
    for number in -WARM_UP..count {
        tokio::time::sleep(PAUSE).await;
        enqueue(pool, number..number + 1).await?;
        let committed = Instant::now();
        let started = next(&mut starts).await?;
        if number >= 0 {
            waits.push(started.saturating_duration_since(committed));
        }
    }
    until_done(pool).await?;
    end(worker, &mut starts)?;
    waits.sort_unstable();
    Ok(waits)
}

async fn enqueue(pool: &PgPool, numbers: std::ops::Range<i64>) -> Result<()> {
    let task = |number| Ok(TaskBuilder::new(serde_json::to_vec(&NoOperation { number })?).build());
    let tasks = numbers.map(task).collect::<Result<Vec<_>>>()?;
    let mut tx = pool.begin().await?;
    queries::push_tasks(&mut *tx, QUEUE, tasks).await?;
    Ok(tx.commit().await?)
}

type Worker = JoinHandle<Result<(), WorkerError>>;

fn worker(pool: &PgPool, config: Config, slots: usize) -> (Worker, UnboundedReceiver<Instant>) {
    let (started, starts) = unbounded_channel();
    let backend = PostgresStorage::<NoOperation>::new(pool).with_config(config).with_pubsub().poll_with_interval(POLL);
    let worker = WorkerBuilder::new("bench").backend(backend).data(started).concurrency(slots).build(handle);
    (tokio::spawn(worker.run()), starts)
}

async fn handle(_: NoOperation, started: Data<UnboundedSender<Instant>>) -> Result<(), BoxDynError> {
    Ok(started.send(Instant::now())?)
}

async fn next(starts: &mut UnboundedReceiver<Instant>) -> Result<Instant> {
    starts.recv().await.context("the worker ended")
}

async fn until_done(pool: &PgPool) -> Result<()> {
    let unfinished = "SELECT count(*) FROM apalis.jobs WHERE status <> 'Done'";
    while sqlx::query_scalar::<_, i64>(unfinished).fetch_one(pool).await? > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn end(worker: Worker, starts: &mut UnboundedReceiver<Instant>) -> Result<()> {
    ensure!(!worker.is_finished(), "the worker ended");
    worker.abort();
    ensure!(starts.try_recv().is_err(), "jobs were handled more than once");
    Ok(())
}
