//! History is kept as long as it should be, and recurring jobs never end.

use crate::fixture::on_each;
use crate::kinds::{Plain, Recurring};
use chrono::TimeDelta;
use domain::db::sql::execute;
use domain::events;
use domain::jobs::store;
use std::time::Duration;
use worker::Registry;

const DAY: u64 = 86_400;

#[tokio::test]
async fn jobs_and_events_go_when_their_time_is_over_and_not_before() {
    on_each(async |f| {
        let old = f.enqueue(Plain { n: 1 }).await;
        f.run_pending(Registry::default().with(async |_: Plain, _| Ok(()))).await;
        let values = || vec![(-10.0 * DAY as f64).into()];
        let sql = "UPDATE job SET finished_at = {now+$1}";
        execute(f.db.writer(), sql, values()).await.unwrap();
        execute(f.db.writer(), "UPDATE event SET created_at = {now+$1}", values()).await.unwrap();
        let (young, waiting) = (f.enqueue(Plain { n: 2 }).await, f.enqueue(Plain { n: 3 }).await);
        store::request_cancel(&f.db, young).await.unwrap();

        assert_eq!(store::trim(&f.db, Duration::from_secs(11 * DAY)).await.unwrap(), 0);
        assert_eq!(events::trim(&f.db, TimeDelta::days(11)).await.unwrap(), 0);
        assert_eq!(events::trim(&f.db, TimeDelta::days(9)).await.unwrap(), 3);
        assert_eq!(store::trim(&f.db, Duration::from_secs(9 * DAY)).await.unwrap(), 1);
        assert!(f.events(old).await.is_empty());
        assert_eq!(f.events(young).await, ["JOB_QUEUED", "JOB_CANCELLED"]);
        assert_eq!(f.events(waiting).await, ["JOB_QUEUED"]);
        assert_eq!(f.number("SELECT count(*) FROM job", vec![]).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_recurring_job_waits_for_its_next_run_and_is_never_two() {
    on_each(async |f| {
        let id = f.enqueue(Recurring {}).await;
        let registry = Registry::default().with(async |_: Recurring, _| Ok(()));
        for _ in 0..3 {
            assert_eq!(f.run_pending(registry.clone()).await, 1);
            let job = f.job(id).await;
            assert_eq!((job.state.as_str(), job.attempt), ("PENDING", 0));
            assert_eq!((job.run_at - job.updated_at).as_seconds_f64().round(), 600.0);
            assert_eq!(f.enqueue(Recurring {}).await, id);
            f.make_due(id).await;
        }
    })
    .await;
}
