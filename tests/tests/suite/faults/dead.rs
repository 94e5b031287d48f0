//! A job that its worker dies of, again and again.

use super::fleet::Fleet;
use super::truth;
use entity::job;
use serde_json::json;
use tests::app::on_postgres;
use tests::dicom::many_series;
use tests::process::{DEADLINE, Installation};
use tests::wait;

/// Enough that a render is met in its middle.
const SERIES: u32 = 12;
const SIDE: u16 = 1024;

#[tokio::test]
async fn a_job_that_lost_its_workers_too_often_is_dead_says_so_and_can_be_retried() {
    let _turn = wait::turn().await;
    let place = Installation::on(on_postgres(), &[("GANTRY_LEASE_SECONDS", "1")]).await;
    let mut fleet = Fleet::start(&place, 1, 1).await;
    let technician = place.technician(&fleet.url()).await;
    let sent = many_series(SERIES, SIDE);
    let uploaded = technician.upload(sent.clone()).await;
    let attempts = render(&place).await.max_attempts;
    for attempt in 1..=attempts {
        wait::until(&format!("attempt {attempt} is in its middle"), DEADLINE, async || {
            let job = render(&place).await;
            (job.state == "RUNNING" && job.attempt == attempt && job.progress > 0.0).then_some(())
        })
        .await;
        fleet.kill_worker(0).await;
    }
    let dead = wait::until("the job has ended", DEADLINE, async || {
        let job = render(&place).await;
        (job.state != "RUNNING").then_some(job)
    })
    .await;
    assert_eq!(
        (dead.state.as_str(), dead.attempt, dead.lost_leases),
        ("DEAD", attempts, attempts)
    );

    let query =
        "query($study: ID!) { jobs(filter: { study: $study, kind: RENDER_STUDY }) { nodes { id state error } } }";
    let seen = technician.data(query, json!({ "study": uploaded["studies"][0]["id"] })).await;
    let seen = &seen["jobs"]["nodes"][0];
    assert_eq!(seen["state"], "DEAD");
    assert!(seen["error"].as_str().unwrap().contains("vanished"), "{seen}");
    assert_eq!(truth::retry(&technician, &seen["id"]).await, "PENDING");
    truth::jobs_end(&place, &technician).await;
    truth::each_file_is_there_once(&place, [&sent]).await;
    truth::each_result_is_there_once(&place, false).await;
    truth::events_are_legal(&place).await;
    drop(fleet);
    truth::nothing_is_orphaned(&place).await;
}

async fn render(place: &Installation) -> job::Model {
    let jobs = truth::jobs(place).await;
    jobs.into_iter().find(|job| job.kind == "render_study").unwrap()
}
