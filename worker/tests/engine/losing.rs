//! Workers that vanish, stop or come late.

use crate::fixture::{Fixture, on_each, quick};
use crate::kinds::{Plain, Twice};
use domain::jobs::JobState;
use domain::jobs::store::{self, Fetched, Settlement};
use std::time::Duration;
use worker::Registry;

const LEASE: Duration = Duration::from_secs(30);

async fn fetch(f: &Fixture, kind: &str, limit: usize) -> Vec<Fetched> {
    store::fetch(&f.db, "test", &[kind], "worker", LEASE, limit).await.unwrap()
}

#[tokio::test]
async fn what_an_old_holder_says_changes_nothing() {
    on_each(async |f| {
        let id = f.enqueue(Plain::default()).await;
        let old = fetch(&f, "Plain", 1).await.remove(0).lease;
        f.make_lease_expire(id).await;
        assert_eq!(store::reap(&f.db).await.unwrap(), 1);
        let new = fetch(&f, "Plain", 1).await.remove(0).lease;
        assert!(new.token > old.token);

        let before = f.job(id).await;
        let retry = Settlement::Retry {
            error: "late".into(),
            delay: Duration::ZERO,
        };
        let ends = [
            Settlement::Succeeded,
            retry,
            Settlement::Cancelled,
            Settlement::Released,
        ];
        for end in ends {
            assert_eq!(store::settle(&f.db, &old, &end).await.unwrap(), None, "{end:?}");
        }
        assert!(!store::progress(&f.db, &old, 0.5).await.unwrap());
        assert!(store::renew(&f.db, &[old], LEASE).await.unwrap().is_empty());
        assert!(!store::finished_by(&f.db, &old).await.unwrap());
        assert_eq!(f.job(id).await, before);

        assert_eq!(store::renew(&f.db, &[old, new], LEASE).await.unwrap().len(), 1);
        let state = store::settle(&f.db, &new, &Settlement::Succeeded).await.unwrap();
        assert_eq!(state, Some(JobState::Succeeded));
        assert!(store::finished_by(&f.db, &new).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_job_that_kills_its_workers_is_dead_and_those_beside_it_live() {
    on_each(async |f| {
        let poison = f.enqueue(Twice { n: 1 }).await;
        let innocent = f.enqueue(Twice { n: 2 }).await;
        assert_eq!(fetch(&f, "Twice", 10).await.len(), 2);
        f.make_lease_expire(poison).await;
        f.make_lease_expire(innocent).await;
        assert_eq!(store::reap(&f.db).await.unwrap(), 2);

        let fresh = f.enqueue(Twice { n: 3 }).await;
        let next: Vec<_> = fetch(&f, "Twice", 10).await.iter().map(|job| job.lease.job_id).collect();
        assert!(
            next.contains(&poison) && next.contains(&fresh) && !next.contains(&innocent),
            "one suspect at a time"
        );
        f.make_lease_expire(poison).await;
        assert_eq!(store::reap(&f.db).await.unwrap(), 1);
        let job = f.job(poison).await;
        assert_eq!((job.state.as_str(), job.lost_leases), ("DEAD", 2));
        assert_eq!(job.last_error.as_deref(), Some("The worker vanished in attempt 2"));

        let registry = Registry::default().with(async |_: Twice, _| Ok(()));
        assert_eq!(f.run_pending(registry).await, 1);
        assert_eq!(f.state(innocent).await, JobState::Succeeded);
    })
    .await;
}

#[tokio::test]
async fn lost_leases_are_no_failures() {
    on_each(async |f| {
        let id = f.enqueue(Twice::default()).await;
        fetch(&f, "Twice", 1).await;
        f.make_lease_expire(id).await;
        store::reap(&f.db).await.unwrap();
        let registry = Registry::default().with(async |_: Twice, _| Err(anyhow::anyhow!("busy").into()));
        f.run_pending(registry).await;
        assert_eq!(f.state(id).await, JobState::Pending, "one failure of two");
    })
    .await;
}

#[tokio::test]
async fn a_worker_takes_over_what_a_vanished_one_held() {
    on_each(async |f| {
        let id = f.enqueue(Plain::default()).await;
        fetch(&f, "Plain", 1).await;
        let mut options = quick();
        options.lease = Duration::from_millis(400);
        let worker = f.worker(Registry::default().with(async |_: Plain, _| Ok(())), options);
        f.make_lease_expire(id).await;
        f.until_state(id, JobState::Succeeded).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn leases_of_long_jobs_are_renewed() {
    on_each(async |f| {
        let id = f.enqueue(Plain::default()).await;
        let mut options = quick();
        options.lease = Duration::from_millis(300);
        let registry = Registry::default().with(async |_: Plain, ctx: worker::JobCtx| {
            ctx.halted().await;
            ctx.check()
        });
        let worker = f.worker(registry, options);
        f.until_state(id, JobState::Running).await;
        let first = f.job(id).await.lease_until.unwrap();
        while f.job(id).await.lease_until.is_some_and(|until| (until - first).num_milliseconds() < 900) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.attempt), ("RUNNING", 1));
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stop_gives_back_unfinished_jobs_without_counting_the_attempt() {
    on_each(async |f| {
        let registry = Registry::default().with(async |_: Plain, ctx: worker::JobCtx| {
            ctx.halted().await;
            ctx.check()
        });
        let (running, deaf) = (f.enqueue(Plain { n: 1 }).await, f.enqueue(Twice::default()).await);
        let registry = registry.with(async |_: Twice, _| {
            std::future::pending::<()>().await;
            Ok(())
        });
        let mut options = quick();
        options.slots.insert("test".into(), 2);
        let worker = f.worker(registry, options);
        f.until_state(running, JobState::Running).await;
        f.until_state(deaf, JobState::Running).await;
        worker.stop().await;
        for id in [running, deaf] {
            let job = f.job(id).await;
            assert_eq!((job.state.as_str(), job.attempt, job.lost_leases), ("PENDING", 0, 0));
        }
    })
    .await;
}
