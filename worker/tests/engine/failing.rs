//! Attempts that end badly.

use crate::fixture::{on_each, quick};
use crate::kinds::{Hasty, Plain, Twice};
use domain::jobs::JobState;
use std::time::Duration;
use worker::{JobError, Registry};

#[tokio::test]
async fn a_failed_job_waits_and_is_dead_after_its_attempts() {
    on_each(async |f| {
        let registry =
            Registry::default().with(async |_: Twice, _| Err(anyhow::anyhow!("the store answered 503").into()));
        let id = f.enqueue(Twice::default()).await;
        assert_eq!(f.run_pending(registry.clone()).await, 1);
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.attempt), ("PENDING", 1));
        assert_eq!(job.last_error.as_deref(), Some("the store answered 503"));
        let wait = (job.run_at - job.updated_at).as_seconds_f64();
        assert!((0.9..2.1).contains(&wait), "{wait} s until the second attempt");

        assert_eq!(f.run_pending(registry.clone()).await, 0, "not before its time");
        f.make_due(id).await;
        assert_eq!(f.run_pending(registry).await, 1);
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.attempt), ("DEAD", 2));
        assert!(job.finished_at.is_some());
        let told = ["JOB_QUEUED", "JOB_STARTED", "JOB_RETRYING", "JOB_STARTED", "JOB_DEAD"];
        assert_eq!(f.events(id).await, told);
    })
    .await;
}

#[tokio::test]
async fn an_outside_service_says_when_to_try_again() {
    on_each(async |f| {
        let registry = Registry::default()
            .with(async |_: Plain, _| Err(JobError::retry_after(anyhow::anyhow!("busy"), Duration::from_secs(300))));
        let id = f.enqueue(Plain::default()).await;
        f.run_pending(registry).await;
        let job = f.job(id).await;
        assert_eq!((job.run_at - job.updated_at).as_seconds_f64().round(), 300.0);
    })
    .await;
}

#[tokio::test]
async fn a_permanent_error_is_the_end() {
    on_each(async |f| {
        let registry =
            Registry::default().with(async |_: Plain, _| Err(JobError::permanent("no such transfer syntax")));
        let id = f.enqueue(Plain::default()).await;
        f.run_pending(registry).await;
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.attempt), ("DEAD", 1));
        assert_eq!(job.last_error.as_deref(), Some("no such transfer syntax"));
    })
    .await;
}

#[tokio::test]
async fn an_unreadable_payload_is_the_end() {
    on_each(async |f| {
        let id = f.enqueue(Plain::default()).await;
        let sql = "UPDATE job SET payload = '{\"n\": \"three\"}'";
        domain::db::sql::execute(f.db.writer(), sql, vec![]).await.unwrap();
        f.run_pending(Registry::default().with(async |_: Plain, _| Ok(()))).await;
        assert_eq!(f.state(id).await, JobState::Dead);
    })
    .await;
}

#[tokio::test]
async fn a_panic_is_a_failed_attempt_and_harms_nobody_else() {
    on_each(async |f| {
        let registry = Registry::default().with(async |job: Plain, _| {
            assert!(job.n != 1, "boom");
            Ok(())
        });
        let (bad, good) = (f.enqueue(Plain { n: 1 }).await, f.enqueue(Plain { n: 2 }).await);
        let worker = f.worker(registry, quick());
        f.until_state(good, JobState::Succeeded).await;
        f.until_state(bad, JobState::Pending).await;
        let job = f.job(bad).await;
        assert_eq!((job.last_error.as_deref(), job.attempt), (Some("panicked: boom"), 1));
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_stopped_and_counts() {
    on_each(async |f| {
        let registry = Registry::default().with(async |_: Hasty, _| {
            std::future::pending::<()>().await;
            Ok(())
        });
        let id = f.enqueue(Hasty::default()).await;
        f.run_pending(registry).await;
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.attempt), ("PENDING", 1));
        assert_eq!(job.last_error.as_deref(), Some("timed out after 0.05 s"));
    })
    .await;
}

#[tokio::test]
async fn a_snoozed_job_comes_back_as_if_new() {
    on_each(async |f| {
        let registry = Registry::default().with(async |_: Plain, _| Err(JobError::Snooze(Duration::from_secs(600))));
        let id = f.enqueue(Plain::default()).await;
        f.run_pending(registry).await;
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.attempt, job.last_error), ("PENDING", 0, None));
        assert_eq!((job.run_at - job.updated_at).as_seconds_f64().round(), 600.0);
    })
    .await;
}

#[tokio::test]
async fn a_dead_job_starts_over_when_asked() {
    on_each(async |f| {
        let id = f.enqueue(Plain::default()).await;
        f.run_pending(Registry::default().with(async |_: Plain, _| Err(JobError::permanent("no")))).await;
        assert!(domain::jobs::store::retry(&f.db, id).await.unwrap());
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.attempt, job.last_error), ("PENDING", 0, None));
        f.run_pending(Registry::default().with(async |_: Plain, _| Ok(()))).await;
        assert_eq!(f.state(id).await, JobState::Succeeded);
        assert!(
            !domain::jobs::store::retry(&f.db, id).await.unwrap(),
            "what succeeded stays"
        );
    })
    .await;
}
