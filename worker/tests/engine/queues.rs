//! Queues: shared by centres, and changed while they work.

use crate::fixture::{Fixture, on_each, quick};
use crate::kinds::Plain;
use domain::jobs::store::{self, QueueChange};
use domain::jobs::{JobState, NewJob, priority};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;
use worker::{JobCtx, Registry};

const QUEUE: &str = "test";

async fn enqueue_of(f: &Fixture, centre: i64, n: i64, priority: i32) -> Uuid {
    let job = NewJob {
        centre_id: Some(centre),
        priority,
        ..NewJob::new(Plain { n })
    };
    f.enqueue_as(job).await
}

async fn change(f: &Fixture, change: QueueChange) {
    store::queue_change(f.db.writer(), QUEUE, change).await.unwrap();
}

#[tokio::test]
async fn a_backlog_of_one_centre_does_not_delay_the_others() {
    on_each(async |f| {
        let f = f.with_centres(3).await;
        for n in 0..50 {
            enqueue_of(&f, 1, 100 + n, priority::NORMAL).await;
        }
        for n in 0..2 {
            enqueue_of(&f, 2, 200 + n, priority::NORMAL).await;
        }
        enqueue_of(&f, 3, 300, priority::URGENT).await;
        let ran = Arc::new(Mutex::new(Vec::new()));
        let seen = ran.clone();
        let registry = Registry::default().with(move |job: Plain, _: JobCtx| {
            ran.lock().unwrap().push(job.n);
            async { Ok(()) }
        });
        assert_eq!(f.run_pending(registry).await, 53);
        let seen = seen.lock().unwrap();
        assert_eq!(
            seen[..5],
            [300, 100, 200, 101, 201],
            "the urgent one, then each its turn"
        );
        assert!(seen[5..].is_sorted());
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_together_is_shared_too() {
    on_each(async |f| {
        let f = f.with_centres(3).await;
        for n in 0..20 {
            enqueue_of(&f, 1, n, priority::NORMAL).await;
        }
        for n in 0..2 {
            enqueue_of(&f, 2, n, priority::NORMAL).await;
            enqueue_of(&f, 3, n, priority::NORMAL).await;
        }
        let taken = store::fetch(&f.db, QUEUE, &["Plain"], "w", Duration::from_secs(30), 9).await.unwrap();
        assert_eq!(taken.len(), 9);
        for (centre, share) in [(1, 5), (2, 2), (3, 2)] {
            assert_eq!(of_centre(&f, centre).await, share, "centre {centre}");
        }
    })
    .await;
}

/// Jobs of a centre that run.
async fn of_centre(f: &Fixture, centre: i64) -> i64 {
    let sql = "SELECT count(*) FROM job WHERE state = 'RUNNING' AND centre_id = $1";
    f.number(sql, vec![centre.into()]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_centre_never_has_more_jobs_running_than_it_may() {
    on_each(async |f| {
        let f = f.with_centres(2).await;
        change(
            &f,
            QueueChange {
                centre_slots: Some(Some(2)),
                ..Default::default()
            },
        )
        .await;
        for n in 0..12 {
            enqueue_of(&f, 1, n, priority::NORMAL).await;
        }
        let other = enqueue_of(&f, 2, 99, priority::BACKGROUND).await;
        let fetch = || store::fetch(&f.db, QUEUE, &["Plain"], "w", Duration::from_secs(30), 8);
        let taken = futures::future::join_all((0..6).map(|_| fetch())).await;
        let taken: Vec<_> = taken.into_iter().flat_map(|jobs| jobs.unwrap()).collect();
        assert_eq!(taken.len(), 3, "two of the one centre, and the other's");
        assert_eq!(of_centre(&f, 1).await, 2);
        assert_eq!(f.state(other).await, JobState::Running);
        let first = taken.iter().find(|job| job.lease.job_id != other).unwrap();
        store::settle(&f.db, &first.lease, &store::Settlement::Succeeded).await.unwrap();
        assert_eq!(fetch().await.unwrap().len(), 1, "one has ended, one may begin");
    })
    .await;
}

#[tokio::test]
async fn a_paused_queue_begins_nothing_until_it_is_resumed() {
    on_each(async |f| {
        let paused = |paused| QueueChange {
            paused: Some(paused),
            ..Default::default()
        };
        change(&f, paused(true)).await;
        let id = f.enqueue(Plain::default()).await;
        let mut options = quick();
        options.poll = Duration::from_secs(3600);
        let worker = f.worker(Registry::default().with(async |_: Plain, _| Ok(())), options);
        assert!(store::fetch(&f.db, QUEUE, &["Plain"], "w", Duration::from_secs(30), 1).await.unwrap().is_empty());
        assert_eq!(f.state(id).await, JobState::Pending);
        change(&f, paused(false)).await;
        f.until_state(id, JobState::Succeeded).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn slots_change_while_jobs_run() {
    on_each(async |f| {
        let running = Arc::new(AtomicUsize::new(0));
        let count = running.clone();
        let registry = Registry::default().with(move |_: Plain, ctx: JobCtx| {
            let count = count.clone();
            async move {
                count.fetch_add(1, Ordering::SeqCst);
                ctx.halted().await;
                ctx.check()
            }
        });
        for n in 0..5 {
            f.enqueue(Plain { n }).await;
        }
        let worker = f.worker(registry, quick());
        until(&running, 1).await;
        let slots = |slots| QueueChange {
            slots: Some(slots),
            ..Default::default()
        };
        change(&f, slots(Some(3))).await;
        until(&running, 3).await;
        assert_eq!(
            f.number("SELECT count(*) FROM job WHERE state = 'RUNNING'", vec![]).await,
            3
        );
        worker.stop().await;
    })
    .await;
}

async fn until(count: &AtomicUsize, wanted: usize) {
    let wait = async {
        while count.load(Ordering::SeqCst) < wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("as many jobs run");
}

#[tokio::test]
async fn jobs_that_end_in_no_time_are_all_settled_with_their_events() {
    on_each(async |f| {
        let mut ids = Vec::new();
        for n in 0..300 {
            ids.push(f.enqueue(Plain { n }).await);
        }
        let worker = f.worker(Registry::default().with(async |_: Plain, _| Ok(())), quick());
        for id in &ids {
            f.until_state(*id, JobState::Succeeded).await;
        }
        worker.stop().await;
        for id in ids {
            assert_eq!(f.events(id).await, ["JOB_QUEUED", "JOB_STARTED", "JOB_SUCCEEDED"]);
            assert_eq!(f.job(id).await.attempt, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_load_is_told_for_each_kind() {
    on_each(async |f| {
        for n in 0..3 {
            f.enqueue(Plain { n }).await;
        }
        f.enqueue_as(NewJob {
            delay: Duration::from_secs(600),
            ..NewJob::new(Plain::default())
        })
        .await;
        store::fetch(&f.db, QUEUE, &["Plain"], "w", Duration::from_secs(30), 1).await.unwrap();
        let load = store::load(&f.db).await.unwrap();
        let [plain] = &load[..] else { panic!("{load:?}") };
        assert_eq!(
            (plain.queue.as_str(), plain.kind.as_str(), plain.waiting, plain.running),
            (QUEUE, "Plain", 3, 1)
        );
        assert!(plain.oldest_due.is_some());
    })
    .await;
}
