//! Which job runs when.

use crate::fixture::{on_each, quick};
use crate::kinds::{Only, Plain};
use domain::jobs::{JobState, NewJob, priority};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use worker::{JobCtx, Registry};

#[tokio::test]
async fn urgent_jobs_go_first_and_equals_in_order() {
    on_each(async |f| {
        for (n, priority) in [
            (3, priority::NORMAL),
            (5, priority::BACKGROUND),
            (1, priority::URGENT),
            (4, priority::NORMAL),
            (2, priority::URGENT),
        ] {
            let job = NewJob {
                priority,
                ..NewJob::new(Plain { n })
            };
            f.enqueue_as(job).await;
        }
        let ran = Arc::new(Mutex::new(Vec::new()));
        let seen = ran.clone();
        let registry = Registry::default().with(move |job: Plain, _: JobCtx| {
            ran.lock().unwrap().push(job.n);
            async { Ok(()) }
        });
        f.run_pending(registry).await;
        assert_eq!(*seen.lock().unwrap(), [1, 2, 3, 4, 5]);
    })
    .await;
}

#[tokio::test]
async fn asking_again_with_more_urgency_makes_the_waiting_job_urgent() {
    on_each(async |f| {
        let id = f.enqueue(Only::default()).await;
        let urgent = NewJob {
            priority: priority::URGENT,
            ..NewJob::new(Only::default())
        };
        assert_eq!(f.enqueue_as(urgent).await, id);
        f.enqueue(Only::default()).await;
        assert_eq!(f.job(id).await.priority, priority::URGENT);
    })
    .await;
}

#[tokio::test]
async fn a_queue_runs_no_more_jobs_at_once_than_it_has_slots() {
    on_each(async |f| {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let peak = most.clone();
        let registry = Registry::default().with(move |_: Plain, _: JobCtx| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        });
        let mut ids = Vec::new();
        for n in 0..30 {
            ids.push(f.enqueue(Plain { n }).await);
        }
        let mut options = quick();
        options.slots.insert("test".into(), 3);
        let worker = f.worker(registry, options);
        for id in ids {
            f.until_state(id, JobState::Succeeded).await;
        }
        assert_eq!(peak.load(Ordering::SeqCst), 3);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_delayed_job_waits_for_its_time() {
    on_each(async |f| {
        let later = NewJob {
            delay: Duration::from_secs(3600),
            ..NewJob::new(Plain::default())
        };
        let id = f.enqueue_as(later).await;
        let registry = Registry::default().with(async |_: Plain, _: JobCtx| Ok(()));
        assert_eq!(f.run_pending(registry.clone()).await, 0);
        f.make_due(id).await;
        assert_eq!(f.run_pending(registry).await, 1);
    })
    .await;
}

#[tokio::test]
async fn jobs_that_another_process_enqueues_are_heard_of() {
    on_each(async |f| {
        let mut options = quick();
        options.poll = Duration::from_secs(3600);
        let worker = f.worker(Registry::default().with(async |_: Plain, _: JobCtx| Ok(())), options);
        let first = f.enqueue(Plain::default()).await;
        f.until_state(first, JobState::Succeeded).await;
        let elsewhere = f.elsewhere().await;
        let tx = elsewhere.begin().await.unwrap();
        let id = domain::jobs::enqueue(&tx, NewJob::new(Plain::default())).await.unwrap();
        tx.commit().await.unwrap();
        f.until_state(id, JobState::Succeeded).await;
        worker.stop().await;
    })
    .await;
}
