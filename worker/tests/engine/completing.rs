//! Effects: with the completion or not at all.

use crate::fixture::{on_each, quick};
use crate::kinds::{Only, Plain};
use domain::db::sql::{execute, query};
use domain::jobs::store;
use domain::jobs::{self, JobState, NewJob};
use sea_orm::DbBackend;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use worker::{JobCtx, JobError, Registry};

async fn write_effect(n: i64, ctx: &JobCtx) -> Result<(), JobError> {
    let done = ctx.completing().await?;
    let values = vec![n.into(), ctx.lease().job_id.to_string().into()];
    execute(&*done, "INSERT INTO effect (n, job) VALUES ($1, $2)", values)
        .await
        .map_err(domain::Error::from)?;
    done.commit().await
}

#[tokio::test]
async fn an_effect_commits_with_its_job_once() {
    on_each(async |f| {
        let registry = Registry::default().with(async |job: Plain, ctx: JobCtx| write_effect(job.n, &ctx).await);
        let ids = [f.enqueue(Plain { n: 1 }).await, f.enqueue(Plain { n: 2 }).await];
        let mut options = quick();
        options.slots.insert("test".into(), 4);
        let (one, two) = (f.worker(registry.clone(), options.clone()), f.worker(registry, options));
        for id in ids {
            f.until_state(id, JobState::Succeeded).await;
            assert_eq!(f.events(id).await, ["JOB_QUEUED", "JOB_STARTED", "JOB_SUCCEEDED"]);
        }
        one.stop().await;
        two.stop().await;
        assert_eq!(f.effects().await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_late_worker_leaves_no_effect() {
    on_each(async |f| {
        let gate = Arc::new(Notify::new());
        let opened = gate.clone();
        let registry = Registry::default().with(move |job: Plain, ctx: JobCtx| {
            let gate = gate.clone();
            async move {
                gate.notified().await;
                write_effect(job.n, &ctx).await
            }
        });
        let id = f.enqueue(Plain { n: 1 }).await;
        let late = f.worker(registry, quick());
        f.until_state(id, JobState::Running).await;
        f.make_lease_expire(id).await;
        while store::reap(&f.db).await.unwrap() == 0 && f.state(id).await == JobState::Running {}
        let newer = store::fetch(&f.db, "test", &["Plain"], "other", Duration::from_secs(30), 1).await.unwrap();
        opened.notify_one();
        late.stop().await;
        assert_eq!(f.effects().await, 0);
        if let Some(newer) = newer.first() {
            assert!(store::settle(&f.db, &newer.lease, &store::Settlement::Succeeded).await.unwrap().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn an_upload_to_the_study_of_a_completing_job_waits_for_nobody() {
    on_each(async |f| {
        let f = f.with_study().await;
        let go = Arc::new(Notify::new());
        let wait = go.clone();
        let registry = Registry::default().with(move |_: Only, ctx: JobCtx| {
            let wait = wait.clone();
            async move {
                wait.notified().await;
                let done = ctx.completing().await?;
                let sql = "UPDATE study SET number_of_series = number_of_series + 1";
                execute(&*done, sql, vec![]).await.map_err(domain::Error::from)?;
                done.commit().await
            }
        });
        let of_study = || NewJob {
            study_id: Some(1),
            ..NewJob::new(Only::default())
        };
        let id = f.enqueue_as(of_study()).await;
        let worker = f.worker(registry, quick());
        f.until_state(id, JobState::Running).await;

        let upload = f.db.begin().await.unwrap();
        query(&upload, "SELECT 1 FROM study {lock}", vec![]).await.unwrap();
        go.notify_one();
        if f.db.backend() == DbBackend::Postgres {
            let waiting =
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
            while f.number(waiting, vec![]).await == 0 {}
        }
        jobs::enqueue(&upload, of_study()).await.unwrap();
        upload.commit().await.unwrap();
        go.notify_one();
        f.until_state(id, JobState::Succeeded).await;
        assert_eq!(
            f.number("SELECT CAST(number_of_series AS bigint) FROM study", vec![]).await,
            2
        );
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_failure_after_the_effect_takes_it_back() {
    on_each(async |f| {
        let registry = Registry::default().with(async |job: Plain, ctx: JobCtx| {
            let done = ctx.completing().await?;
            let values = vec![job.n.into(), "".into()];
            execute(&*done, "INSERT INTO effect (n, job) VALUES ($1, $2)", values)
                .await
                .map_err(domain::Error::from)?;
            Err(anyhow::anyhow!("the connection broke").into())
        });
        let id = f.enqueue(Plain::default()).await;
        f.run_pending(registry).await;
        assert_eq!((f.effects().await, f.state(id).await), (0, JobState::Pending));
    })
    .await;
}

#[tokio::test]
async fn a_rolled_back_enqueue_leaves_nothing() {
    on_each(async |f| {
        let tx = f.db.begin().await.unwrap();
        jobs::enqueue(&tx, NewJob::new(Plain::default())).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(f.number("SELECT count(*) FROM job", vec![]).await, 0);
        assert_eq!(f.number("SELECT count(*) FROM event", vec![]).await, 0);
    })
    .await;
}

#[tokio::test]
async fn one_key_is_one_job_and_runs_again_when_asked_for_while_it_runs() {
    on_each(async |f| {
        let key = |key: &str| Only { key: key.into() };
        let id = f.enqueue(key("a")).await;
        assert_eq!(f.enqueue(key("a")).await, id);
        assert_ne!(f.enqueue(key("b")).await, id);

        let runs = Arc::new(AtomicUsize::new(0));
        let (counted, begun, go) = (runs.clone(), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (begin, wait) = (begun.clone(), go.clone());
        let registry = Registry::default().with(move |job: Only, _: JobCtx| {
            let (runs, begin, wait) = (runs.clone(), begin.clone(), wait.clone());
            async move {
                if job.key == "a" && runs.fetch_add(1, Ordering::Relaxed) == 0 {
                    begin.notify_one();
                    wait.notified().await;
                }
                Ok(())
            }
        });
        let worker = f.worker(registry, quick());
        begun.notified().await;
        assert_eq!(f.enqueue(key("a")).await, id, "the running job is the one");
        go.notify_one();
        f.until_state(id, JobState::Succeeded).await;
        assert_eq!(counted.load(Ordering::Relaxed), 2);
        assert_ne!(f.enqueue(key("a")).await, id, "a finished job is no longer the one");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn progress_is_told_at_most_four_times_a_second() {
    on_each(async |f| {
        let registry = Registry::default().with(async |_: Plain, ctx: JobCtx| {
            for step in 0..200 {
                ctx.progress(f64::from(step) / 200.0).await?;
            }
            Ok(())
        });
        let id = f.enqueue(Plain::default()).await;
        let began = std::time::Instant::now();
        f.run_pending(registry).await;
        let most = 1 + usize::try_from(began.elapsed().as_millis() / 250).unwrap();
        let told = f.events(id).await.iter().filter(|kind| *kind == "JOB_PROGRESSED").count();
        assert!((1..=most).contains(&told), "{told}");
        assert_eq!(f.job(id).await.progress, 1.0);
    })
    .await;
}
