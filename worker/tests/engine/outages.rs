//! What is out of order delays work, and costs no attempt.

use crate::fixture::on_each;
use crate::kinds::Twice;
use domain::Error;
use domain::db::sql::execute;
use domain::jobs::JobState;
use domain::jobs::store::MAX_DEFERRALS;
use worker::{JobError, Registry};

fn unavailable() -> Registry {
    Registry::default().with(async |_: Twice, _| Err(JobError::from(Error::Unavailable("the store is away".into()))))
}

#[tokio::test]
async fn an_outage_puts_a_job_off_without_using_up_its_attempts() {
    on_each(async |f| {
        let id = f.enqueue(Twice::default()).await;
        for deferrals in 1..=5 {
            f.run_pending(unavailable()).await;
            let job = f.job(id).await;
            assert_eq!(
                (job.state.as_str(), job.attempt, job.deferrals),
                ("PENDING", 0, deferrals)
            );
            assert_eq!(job.last_error.as_deref(), Some("the store is away"));
            let wait = (job.run_at - job.updated_at).as_seconds_f64();
            let most = f64::from(2_i32.pow(deferrals.unsigned_abs()));
            assert!(
                (most / 2.0 - 0.1..=most + 0.1).contains(&wait),
                "{wait} s after {deferrals}"
            );
            f.make_due(id).await;
        }
        f.run_pending(Registry::default().with(async |_: Twice, _| Ok(()))).await;
        let job = f.job(id).await;
        assert_eq!((job.state.as_str(), job.attempt, job.deferrals), ("SUCCEEDED", 1, 0));
        let told = f.events(id).await;
        assert_eq!(
            told.iter().filter(|kind| *kind == "JOB_RETRYING").count(),
            5,
            "{told:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_outage_without_end_leaves_a_dead_job_that_can_be_retried() {
    on_each(async |f| {
        let id = f.enqueue(Twice::default()).await;
        let sql = "UPDATE job SET deferrals = $1";
        execute(f.db.writer(), sql, vec![(MAX_DEFERRALS - 1).into()]).await.unwrap();
        f.run_pending(unavailable()).await;
        assert_eq!(f.state(id).await, JobState::Dead);
        assert!(domain::jobs::store::retry(&f.db, id).await.unwrap());
        assert_eq!(f.job(id).await.deferrals, 0);
        f.run_pending(Registry::default().with(async |_: Twice, _| Ok(()))).await;
        assert_eq!(f.state(id).await, JobState::Succeeded);
    })
    .await;
}
