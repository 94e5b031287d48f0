//! The real binary in processes of its own: killed, stopped, and started wrongly.

mod commands;

use chrono::TimeDelta;
use domain::storage::sweep;
use domain::studies;
use entity::{job, rendition, stored_object};
use futures::StreamExt;
use reqwest::multipart::Part;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tests::Client;
use tests::client::Events;
use tests::dicom::{many_series, noisy, study};
use tests::process::{DEADLINE, Installation, Process};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Enough that a render takes seconds.
const SERIES: u32 = 30;
const SIDE: u16 = 1024;
const JOBS: &str =
    "subscription($study: ID) { jobUpdated(study: $study) { kind job { id kind state progress attempt } } }";
const LIST: &str = "{ studies { nodes { id studyId numberOfInstances } } }";
const LOOK_AGAIN: Duration = Duration::from_millis(10);

#[tokio::test]
async fn a_render_whose_worker_is_killed_is_finished_by_another_once() {
    let place = Installation::on(tests::app::on_postgres(), &[("GANTRY_LEASE_SECONDS", "1")]).await;
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    let mut workers = [place.start(&["worker"]), place.start(&["worker"])];
    let uploaded = technician.upload(many_series(SERIES, SIDE)).await;
    let mut events = technician.subscribe(JOBS, json!({ "study": uploaded["studies"][0]["id"] })).await;
    until_rendering(&mut events).await;

    let render = render_of(&place).await;
    let holder = render.worker.clone().unwrap();
    let victim = workers.iter_mut().find(|worker| holder.starts_with(&format!("{}-", worker.id())));
    victim.expect("one of the workers has the job").kill().await;
    let cut = render_of(&place).await;
    assert_eq!(
        (cut.state.as_str(), cut.attempt),
        ("RUNNING", 1),
        "the kill was in the middle of the render"
    );

    let heard = until_succeeded(&mut events).await;
    assert_eq!(
        heard.iter().filter(|kind| *kind == "JOB_STARTED").count(),
        1,
        "another attempt: {heard:?}"
    );
    assert_eq!(
        heard.iter().filter(|kind| *kind == "JOB_SUCCEEDED").count(),
        1,
        "{heard:?}"
    );
    let done = render_of(&place).await;
    assert_eq!((done.state.as_str(), done.attempt), ("SUCCEEDED", 2));
    assert_ne!(done.worker.as_deref(), Some(holder.as_str()));
    all_jobs_succeed(&place).await;
    drop(workers);
    each_series_has_its_pictures(&place).await;
    nothing_is_orphaned(&place).await;
}

/// Follows the render until it has drawn some series, and not all.
async fn until_rendering(events: &mut Events) {
    loop {
        let event = next(events).await;
        let job = &event["job"];
        if job["kind"] == "RENDER_STUDY" && job["state"] == "RUNNING" && job["progress"].as_f64().unwrap() > 0.0 {
            return;
        }
    }
}

/// Kinds of all events of the render until it has succeeded.
async fn until_succeeded(events: &mut Events) -> Vec<String> {
    let mut kinds = Vec::new();
    loop {
        let event = next(events).await;
        if event["job"]["kind"] == "RENDER_STUDY" {
            let kind = event["kind"].as_str().unwrap().to_owned();
            kinds.push(kind);
            if event["kind"] == "JOB_SUCCEEDED" {
                return kinds;
            }
        }
    }
}

async fn next(events: &mut Events) -> Value {
    let event = tokio::time::timeout(DEADLINE, events.next()).await;
    let event = event.expect("an event in time").expect("the stream goes on");
    assert!(event["errors"].is_null(), "{event}");
    event["data"]["jobUpdated"].clone()
}

async fn jobs(place: &Installation) -> Vec<job::Model> {
    let of_studies = job::Entity::find().filter(job::Column::StudyId.is_not_null());
    of_studies.all(place.app.db.reader()).await.unwrap()
}

async fn render_of(place: &Installation) -> job::Model {
    jobs(place).await.into_iter().find(|job| job.kind == "render_study").unwrap()
}

async fn all_jobs_succeed(place: &Installation) {
    let began = Instant::now();
    loop {
        let jobs = jobs(place).await;
        let unfinished: Vec<_> = jobs.iter().filter(|job| job.state != "SUCCEEDED").collect();
        if unfinished.is_empty() {
            return;
        }
        assert!(began.elapsed() < DEADLINE, "{unfinished:?}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Thumbnail and preview, JPEG and PNG, of each series, and nothing twice.
async fn each_series_has_its_pictures(place: &Installation) {
    let pictures = rendition::Entity::find().all(place.app.db.reader()).await.unwrap();
    let mut names: Vec<_> = pictures.iter().map(|one| (one.series_id, &one.kind, &one.format)).collect();
    names.sort();
    names.dedup();
    assert_eq!(
        (names.len(), pictures.len()),
        (4 * SERIES as usize, 4 * SERIES as usize)
    );
    for picture in &pictures {
        let key = picture.object_key.as_ref().unwrap_or_else(|| panic!("{:?}", picture.error));
        assert!(!place.app.storage.get(key).await.unwrap().is_empty());
    }
}

/// After the sweeper, what lies in the store is what the rows name.
async fn nothing_is_orphaned(place: &Installation) {
    sweep(&place.app.db, &place.app.storage, TimeDelta::seconds(-1)).await.unwrap();
    let rows = stored_object::Entity::find().all(place.app.db.reader()).await.unwrap();
    let mut named: Vec<_> = rows.into_iter().map(|row| row.key).collect();
    named.sort();
    assert_eq!(place.objects(), named);
}

#[tokio::test]
async fn a_server_killed_during_an_upload_keeps_what_it_acknowledged_and_nothing_else() {
    let place = Installation::new().await;
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    let acknowledged = study(3);
    technician.upload(acknowledged.clone()).await;
    let before = place.objects();
    assert_eq!(before.len(), 3);

    // The second file is large enough to be written in parts.
    let files: Vec<_> = noisy(2, 2048).collect();
    let sent = files[0].1.len() + 7_000_000;
    let (upload, arrived) = upload_partly(&technician, &files, sent);
    arrived.notified().await;
    let began = Instant::now();
    while place.objects().len() == before.len() {
        assert!(
            began.elapsed() < DEADLINE,
            "nothing of the upload reaches the store: {}",
            api.log()
        );
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    api.kill().await;
    assert!(upload.await.unwrap().is_err(), "a killed server answers nothing");

    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    let seen = technician.data(LIST, json!({})).await;
    assert_eq!(seen["studies"]["nodes"].as_array().unwrap().len(), 1, "{seen}");
    is_stored_unchanged(
        &place,
        seen["studies"]["nodes"][0]["studyId"].as_str().unwrap(),
        &acknowledged,
    )
    .await;
    nothing_is_orphaned(&place).await;
    assert_eq!(place.objects(), before);
    let again = technician.upload(files).await;
    assert_eq!(
        again["studies"][0]["numberOfInstances"], 2,
        "what was cut off can be sent again"
    );
    assert_eq!(technician.upload(acknowledged).await["duplicates"], 3);
}

async fn is_stored_unchanged(place: &Installation, id: &str, files: &[(String, Vec<u8>)]) {
    let system = domain::Context::system("test");
    let row = studies::study_find(&place.app, &system, id).await.unwrap();
    let series = studies::series_all(&place.app, row.id).await.unwrap();
    let instances = studies::instances_all(&place.app, series[0].id).await.unwrap();
    assert_eq!(instances.len(), files.len());
    for (instance, (_, bytes)) in instances.iter().zip(files) {
        assert_eq!(
            place.app.storage.get(&instance.object_key).await.unwrap(),
            bytes.as_slice()
        );
    }
}

/// Sends the first bytes of an upload and then nothing more; tells when they were taken.
fn upload_partly(
    client: &Client,
    files: &[(String, Vec<u8>)],
    bytes: usize,
) -> (JoinHandle<reqwest::Result<Value>>, Arc<Notify>) {
    let arrived = Arc::new(Notify::new());
    let mut left = bytes;
    let parts = files.iter().map(|(name, file)| {
        let now = file.len().min(left);
        left -= now;
        let chunks: Vec<_> =
            file[..now].chunks(64 << 10).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
        let (told, is_last) = (arrived.clone(), left == 0);
        let end = async move {
            if is_last {
                told.notify_one();
            }
        };
        let is_whole = now == file.len();
        let rest = futures::stream::once(async move {
            end.await;
            if !is_whole {
                std::future::pending::<()>().await;
            }
            Ok(Vec::new())
        });
        let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks).chain(rest));
        Part::stream_with_length(body, file.len() as u64).file_name(name.clone())
    });
    let (parts, client): (Vec<_>, _) = (parts.collect(), client.clone());
    let upload = tokio::spawn(async move { client.upload_parts(parts, None).await });
    (upload, arrived)
}

/// S2-30.
#[tokio::test]
async fn an_upload_is_whole_or_absent_wherever_the_server_is_killed() {
    const FILES: u32 = 24;
    let place = Installation::new().await;
    let mut whole = 0;
    for part in [1, 2, 3, 4] {
        let mut api = place.start(&["api"]);
        let technician = place.technician(&api.base().await).await;
        let files: Vec<_> = noisy(FILES, 256).collect();
        let total: usize = files.iter().map(|(_, file)| file.len()).sum();
        let (upload, arrived) = upload_partly(&technician, &files, total * part / 4);
        arrived.notified().await;
        api.kill().await;
        let acknowledged = upload.await.unwrap().is_ok();

        let mut api = place.start(&["api"]);
        let technician = place.technician(&api.base().await).await;
        let seen = technician.data(LIST, json!({})).await;
        let seen = seen["studies"]["nodes"].as_array().unwrap();
        assert!(
            seen.iter().all(|study| study["numberOfInstances"] == FILES),
            "a part of a study: {seen:?}"
        );
        assert!(seen.len() > whole || !acknowledged, "an acknowledged study is gone");
        assert!(
            part == 4 || seen.len() == whole,
            "a study of which a part was never sent: {seen:?}"
        );
        whole = seen.len();
        nothing_is_orphaned(&place).await;
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_gives_its_jobs_back_and_ends() {
    let place = Installation::new().await;
    let mut server = place.start(&["serve"]);
    let technician = place.technician(&server.base().await).await;
    let uploaded = technician.upload(many_series(SERIES, SIDE)).await;
    let mut events = technician.subscribe(JOBS, json!({ "study": uploaded["studies"][0]["id"] })).await;
    until_rendering(&mut events).await;
    ends_well(&mut server).await;

    for job in jobs(&place).await {
        let expected = match job.state.as_str() {
            "SUCCEEDED" => 1,
            "PENDING" => 0,
            _ => panic!("{job:?}"),
        };
        assert_eq!((job.attempt, job.lost_leases), (expected, 0), "{job:?}");
    }
    assert_eq!(
        render_of(&place).await.state,
        "PENDING",
        "the stop was in the middle of the render"
    );
    let mut worker = place.start(&["worker"]);
    all_jobs_succeed(&place).await;
    each_series_has_its_pictures(&place).await;
    ends_well(&mut worker).await;
    nothing_is_orphaned(&place).await;
}

/// SIGTERM, though a subscriber is still there.
async fn ends_well(process: &mut Process) {
    let began = Instant::now();
    let status = process.terminate().await;
    assert!(status.success(), "{status}: {}", process.log());
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "it took {:?}",
        began.elapsed()
    );
}
