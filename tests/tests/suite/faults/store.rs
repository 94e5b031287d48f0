//! The object store is away, overloaded, hangs, or breaks off in the middle of a body.

use super::truth;
use super::uploads::{self, Files};
use entity::{job, study as study_row};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::Value;
use std::time::{Duration, Instant};
use tests::app::on_postgres;
use tests::dicom::study;
use tests::process::Installation;
use tests::proxy::{Mode, Proxy};
use tests::{Client, wait};

/// Within which an answer of the store must come.
const STORE_PATIENCE: (&str, &str) = ("GANTRY_STORAGE_TIMEOUT_SECONDS", "2");
/// Within which an upload must be answered, whatever the store does.
const BOUND: Duration = Duration::from_secs(20);
/// In the middle of the first object, and of the head of an answer with one.
const BYTES: usize = 1500;
const FAULTS: [Mode; 4] = [
    Mode::Refuse,
    Mode::Unavailable,
    Mode::HangAfter(BYTES),
    Mode::CutAfter(BYTES),
];

#[tokio::test]
async fn an_upload_during_trouble_of_the_store_is_told_so_soon_and_leaves_nothing() {
    if !on_postgres() {
        return;
    }
    let _turn = wait::turn().await;
    let mut place = Installation::on(true, &[STORE_PATIENCE]).await;
    let proxy = Proxy::start(vec![place.store()]).await.unwrap();
    place.set("AWS_ENDPOINT", proxy.url());
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    for fault in FAULTS {
        proxy.set(fault);
        let began = Instant::now();
        let other = study(1);
        let (graphql, rest) = (technician.upload_answer(study(2), None), rest(&technician, &other));
        let both = tokio::time::timeout(BOUND, futures::future::join(graphql, rest)).await;
        let (graphql, (status, detail)) = both.unwrap_or_else(|_| panic!("{fault:?}: no answer in {BOUND:?}"));
        wait::say(&format!("{fault:?}: an upload is refused after {:?}", began.elapsed()));
        assert_eq!(
            graphql["errors"][0]["extensions"]["code"], "UNAVAILABLE",
            "{fault:?}: {graphql}"
        );
        assert_eq!(status, 503, "{fault:?}: {detail}");
        assert!(
            detail["detail"].as_str().is_some_and(|text| text.contains("store")),
            "{detail}"
        );
        proxy.set(Mode::Pass);
        let studies = study_row::Entity::find().count(place.app.db.reader()).await.unwrap();
        assert_eq!(studies, 0, "{fault:?}: a refused upload left rows");
        truth::nothing_is_orphaned(&place).await;
        assert_eq!(place.objects(), [""; 0], "{fault:?}: a refused upload left objects");
    }
    let sent = [study(2), study(1)];
    proxy.set(Mode::Slow(2048, Duration::from_millis(2)));
    uploads::send(&technician, &sent[0]).await;
    proxy.set(Mode::Pass);
    uploads::send(&technician, &sent[1]).await;
    truth::each_file_is_there_once(&place, &sent).await;
}

async fn rest(client: &Client, files: &Files) -> (u16, Value) {
    let mut form = Form::new().text("patient_name", "Phantom").text("modality", "ct");
    for (name, file) in files {
        form = form.part("dicom_files", Part::bytes(file.clone()).file_name(name.clone()));
    }
    let answer = client.rest(Method::POST, "/studies/upload").multipart(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn jobs_wait_for_the_store_without_using_up_their_attempts() {
    if !on_postgres() {
        return;
    }
    let _turn = wait::turn().await;
    let mut place = Installation::on(true, &[STORE_PATIENCE, ("GANTRY_LEASE_SECONDS", "5")]).await;
    // Only the workers are cut off from the store.
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    let proxy = Proxy::start(vec![place.store()]).await.unwrap();
    place.set("AWS_ENDPOINT", proxy.url());
    let _worker = place.start(&["worker"]);
    let mut sent = Vec::new();
    for fault in FAULTS {
        proxy.set(fault);
        let files = study(1);
        uploads::send(&technician, &files).await;
        sent.push(files);
        let began = Instant::now();
        wait::until(
            &format!("{fault:?}: each job was tried and waits"),
            truth::REST,
            async || {
                let jobs = truth::jobs(&place).await;
                jobs.iter().all(|job| job.state == "SUCCEEDED" || waits(job)).then_some(())
            },
        )
        .await;
        let waited = truth::jobs(&place).await.iter().filter(|job| waits(job)).count();
        assert!(waited > 0, "{fault:?}: the jobs went through");
        wait::say(&format!("{fault:?}: {waited} jobs wait after {:?}", began.elapsed()));
        proxy.set(Mode::Pass);
        truth::jobs_end(&place, &technician).await;
        for job in truth::jobs(&place).await {
            assert_eq!(job.attempt, 1, "{fault:?}: an attempt was used up: {job:?}");
        }
    }
    truth::each_file_is_there_once(&place, &sent).await;
    truth::each_result_is_there_once(&place, false).await;
    truth::events_are_legal(&place).await;
    truth::nothing_is_orphaned(&place).await;
}

/// It was tried, and put off until the store is back.
fn waits(job: &job::Model) -> bool {
    job.state == "PENDING" && job.deferrals > 0
}
