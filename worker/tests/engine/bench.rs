//! Measures, not tests: `cargo test -p worker --release --test engine bench -- --ignored --nocapture`.

use crate::fixture::{Fixture, on_each, quick};
use crate::kinds::Plain;
use domain::db::sql::query;
use domain::jobs::{self, JobState, NewJob};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use worker::{JobCtx, Registry};

const JOBS: i64 = 4000;
const STARTS: i64 = 300;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measure, to be run in release"]
async fn jobs_a_second_and_start_latency() {
    on_each(async |f| {
        for slots in [1, 8, 32] {
            println!(
                "{:?}: {slots} slots: {:.0} jobs/s",
                f.db.backend(),
                throughput(&f, slots).await
            );
        }
        let mut waits = latencies(&f).await;
        waits.sort_unstable();
        let at = |part: usize| waits[waits.len() * part / 100];
        println!(
            "{:?}: commit to start p50 {:?} p99 {:?}",
            f.db.backend(),
            at(50),
            at(99)
        );
    })
    .await;
}

async fn throughput(f: &Fixture, slots: usize) -> f64 {
    for from in (0..JOBS).step_by(500) {
        let tx = f.db.begin().await.unwrap();
        for n in from..from + 500 {
            jobs::enqueue(&tx, NewJob::new(Plain { n })).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let mut options = quick();
    options.slots.insert("test".into(), slots);
    let began = Instant::now();
    let worker = f.worker(Registry::default().with(async |_: Plain, _: JobCtx| Ok(())), options);
    let unfinished = "SELECT 1 FROM job WHERE state IN ('PENDING','RUNNING') LIMIT 1";
    while !query(f.db.reader(), unfinished, vec![]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed();
    worker.stop().await;
    JOBS as f64 / took.as_secs_f64()
}

async fn latencies(f: &Fixture) -> Vec<Duration> {
    let starts: Arc<Mutex<HashMap<i64, Instant>>> = Arc::default();
    let seen = starts.clone();
    let registry = Registry::default().with(move |job: Plain, _: JobCtx| {
        starts.lock().unwrap().insert(job.n, Instant::now());
        async { Ok(()) }
    });
    let mut options = quick();
    options.slots.insert("test".into(), 4);
    let worker = f.worker(registry, options);
    let mut waits = Vec::new();
    for n in 0..STARTS {
        let tx = f.db.begin().await.unwrap();
        let id = jobs::enqueue(&tx, NewJob::new(Plain { n })).await.unwrap();
        tx.commit().await.unwrap();
        let committed = Instant::now();
        f.until_state(id, JobState::Succeeded).await;
        waits.push(seen.lock().unwrap()[&n].saturating_duration_since(committed));
    }
    worker.stop().await;
    waits
}
