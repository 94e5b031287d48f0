//! The disk of a small installation is full: database and objects on it.

use super::truth;
use super::uploads;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use tests::app::on_postgres;
use tests::dicom::{noisy, study};
use tests::disk::{self, Disk};
use tests::process::{DEADLINE, Installation, Site};
use tests::{Client, wait};

const MEGABYTES: u32 = 24;
const LIST: &str = "{ studies { nodes { id } } }";
/// Within which a refused upload must be answered.
const BOUND: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_full_disk_refuses_uploads_clearly_and_work_goes_on_when_there_is_space() {
    const TEST: &str = "faults::disk::a_full_disk_refuses_uploads_clearly_and_work_goes_on_when_there_is_space";
    if on_postgres() {
        return;
    }
    let _turn = wait::turn().await;
    match disk::small(TEST, MEGABYTES).await {
        Disk::Here(folder) => on_a_small_disk(&folder).await,
        Disk::Passed => {}
        Disk::Impossible(why) => wait::skip(TEST, &why),
    }
}

async fn on_a_small_disk(disk: &Path) {
    let site = Site {
        data_dir: Some(disk.join("data")),
        ..Site::default()
    };
    let place = Installation::at(site).await;
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    let mut sent = vec![study(2)];
    uploads::send(&technician, &sent[0]).await;

    // A megabyte is left: the database can write, objects of this size cannot be.
    let ballast = disk.join("ballast");
    fill(&ballast, 1 << 20);
    let large: Vec<_> = noisy(2, 1024).collect();
    refused(&technician, large.clone()).await;
    assert_eq!(studies(&technician).await, 1, "a refused upload left rows");

    // Nothing is left, and the jobs of the first study are still to be done.
    fill(&ballast, 0);
    refused(&technician, study(2)).await;
    let mut worker = place.start(&["worker"]);
    wait::until("the worker meets the full disk", DEADLINE, async || {
        let log = worker.log();
        (log.contains("full") || log.contains("No space")).then_some(())
    })
    .await;
    assert_eq!(studies(&technician).await, 1, "the server reads on");

    std::fs::remove_file(&ballast).unwrap();
    truth::jobs_end(&place, &technician).await;
    for job in truth::jobs(&place).await {
        assert_eq!(job.attempt, 1, "an attempt was used up: {job:?}");
    }
    for files in [large, study(1)] {
        uploads::send(&technician, &files).await;
        sent.push(files);
    }
    truth::jobs_end(&place, &technician).await;
    assert!(worker.terminate().await.success(), "{}", worker.log());
    assert!(api.terminate().await.success(), "{}", api.log());
    truth::each_file_is_there_once(&place, &sent).await;
    truth::each_result_is_there_once(&place, false).await;
    truth::events_are_legal(&place).await;
    truth::nothing_is_orphaned(&place).await;
}

/// Writes until the disk is full, and then leaves so many bytes.
fn fill(ballast: &Path, leave: u64) {
    let mut file = File::options().create(true).append(true).open(ballast).unwrap();
    for size in [64 << 10, 4 << 10, 1] {
        let zeros = vec![0; size];
        while file.write_all(&zeros).is_ok() {}
    }
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(leave)).unwrap();
}

/// Sends files both ways, which must be refused in each one's words.
async fn refused(client: &Client, files: Vec<(String, Vec<u8>)>) {
    let mut form = Form::new().text("patient_name", "Phantom").text("modality", "ct");
    for (name, file) in &files {
        form = form.part("dicom_files", Part::bytes(file.clone()).file_name(name.clone()));
    }
    let graphql = tokio::time::timeout(BOUND, client.upload_answer(files, None)).await.expect("an answer in time");
    let error = &graphql["errors"][0];
    assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{graphql}");
    assert!(error["message"].as_str().unwrap().contains("full"), "{graphql}");
    let rest = client.rest(Method::POST, "/studies/upload").multipart(form).send();
    let rest = tokio::time::timeout(BOUND, rest).await.expect("an answer in time").unwrap();
    assert!([503, 507].contains(&rest.status().as_u16()), "{rest:?}");
    let detail: Value = rest.json().await.unwrap();
    assert!(detail["detail"].as_str().unwrap().contains("full"), "{detail}");
}

async fn studies(client: &Client) -> usize {
    let seen = client.data(LIST, json!({})).await;
    seen["studies"]["nodes"].as_array().unwrap().len()
}
