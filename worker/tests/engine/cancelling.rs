//! Cancels, from another process.

use crate::fixture::{on_each, quick};
use crate::kinds::{Only, Plain};
use domain::jobs::JobState;
use domain::jobs::store;
use std::time::{Duration, Instant};
use worker::{JobCtx, Registry};

#[tokio::test]
async fn a_running_job_is_cancelled_within_a_second() {
    on_each(async |f| {
        let registry = Registry::default().with(async |_: Plain, ctx: JobCtx| {
            ctx.halted().await;
            ctx.check()
        });
        let id = f.enqueue(Plain::default()).await;
        let worker = f.worker(registry, quick());
        f.until_state(id, JobState::Running).await;
        let elsewhere = f.elsewhere().await;
        let asked = Instant::now();
        assert!(store::request_cancel(&elsewhere, id).await.unwrap());
        f.until_state(id, JobState::Cancelled).await;
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        assert_eq!(f.events(id).await, ["JOB_QUEUED", "JOB_STARTED", "JOB_CANCELLED"]);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn work_on_a_blocking_thread_hears_of_the_cancel() {
    on_each(async |f| {
        let registry = Registry::default().with(async |_: Plain, ctx: JobCtx| {
            let work = move || loop {
                ctx.check()?;
                std::thread::sleep(Duration::from_millis(1));
            };
            tokio::task::spawn_blocking(work).await?
        });
        let id = f.enqueue(Plain::default()).await;
        let worker = f.worker(registry, quick());
        f.until_state(id, JobState::Running).await;
        store::request_cancel(&f.db, id).await.unwrap();
        f.until_state(id, JobState::Cancelled).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_at_once_and_never_runs() {
    on_each(async |f| {
        let id = f.enqueue(Plain::default()).await;
        assert!(store::request_cancel(&f.db, id).await.unwrap());
        assert_eq!(f.state(id).await, JobState::Cancelled);
        assert!(!store::request_cancel(&f.db, id).await.unwrap(), "it has ended");
        assert_eq!(
            f.run_pending(Registry::default().with(async |_: Plain, _| Ok(()))).await,
            0
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_for_after_the_cancel_still_runs() {
    on_each(async |f| {
        let id = f.enqueue(Only::default()).await;
        let lease =
            store::fetch(&f.db, "test", &["Only"], "worker", Duration::from_secs(30), 1).await.unwrap()[0].lease;
        store::request_cancel(&f.db, id).await.unwrap();
        assert_eq!(f.enqueue(Only::default()).await, id);
        store::settle(&f.db, &lease, &store::Settlement::Cancelled).await.unwrap();
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.cancel_requested), ("PENDING", false));
    })
    .await;
}
