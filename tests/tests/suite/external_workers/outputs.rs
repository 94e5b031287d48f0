//! Outputs of workers outside the server: looked at before they count, replaced, and swept when nobody completes.

use super::worker::{Worker, lose, picture};
use chrono::TimeDelta;
use domain::Error;
use domain::storage::sweep;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::TestApp;
use tests::dicom::study;

async fn claimed(app: &TestApp) -> (Worker, Value) {
    app.technician_of(app.centre).await.upload(study(1)).await;
    let worker = Worker::new(app, "gpu").await;
    let job = worker.claim_one().await;
    (worker, job)
}

fn name(job: &Value, end: &str) -> String {
    format!("{}/{end}", job["task"]["series"][0]["uuid"].as_str().unwrap())
}

async fn keys(app: &TestApp) -> Vec<String> {
    let rows = entity::external_output::Entity::find().all(app.app.db.writer()).await.unwrap();
    rows.into_iter().filter_map(|row| row.object_key).collect()
}

async fn gone(app: &TestApp, key: &str) -> bool {
    matches!(app.app.storage.get(key).await, Err(Error::NotFound(_)))
}

#[tokio::test]
async fn only_what_the_task_wants_is_taken() {
    let app = TestApp::new().await;
    let (worker, job) = claimed(&app).await;
    let preview = name(&job, "preview.png");
    for (wrong, kind, code) in [
        ("other.txt", "text/plain", "UNKNOWN_OUTPUT"),
        (
            &format!("{}/preview.png", uuid::Uuid::new_v4()),
            "image/png",
            "UNKNOWN_OUTPUT",
        ),
        (&name(&job, "../preview.png"), "image/png", "UNKNOWN_OUTPUT"),
        (&preview, "image/jpeg", "WRONG_CONTENT_TYPE"),
    ] {
        let (status, body) = worker.say(&job, "outputs", json!({ "name": wrong, "contentType": kind })).await;
        assert_eq!((status, &body["error"]["code"]), (422, &json!(code)), "{wrong}");
    }
    let (_, announced) = worker.announce(&job, &preview).await;
    let mut forged = announced.clone();
    forged["url"] = json!(announced["url"].as_str().unwrap().replace("leaseToken=1", "leaseToken=2"));
    let (status, body) = worker.put(&forged, vec![1]).await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("UNAUTHENTICATED")));
}

#[tokio::test]
async fn an_output_that_is_too_large_is_refused() {
    let app = TestApp::with(|config| config.max_file_bytes = 50_000).await;
    let (worker, job) = claimed(&app).await;
    let (_, announced) = worker.announce(&job, &name(&job, "preview.png")).await;
    let (status, body) = worker.put(&announced, vec![0; 50_001]).await;
    assert_eq!((status, &body["error"]["code"]), (413, &json!("TOO_LARGE")));
    assert_eq!(keys(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_result_is_refused_as_long_as_something_is_missing_or_wrong() {
    let app = TestApp::new().await;
    let (worker, job) = claimed(&app).await;
    let series = job["task"]["series"][0]["uuid"].clone();
    let refused = async |result: Value, code: &str, word: &str| {
        let (status, body) = worker.say(&job, "complete", json!({ "result": result })).await;
        let message = body["error"]["message"].as_str().unwrap().to_owned();
        assert_eq!((status, &body["error"]["code"]), (422, &json!(code)), "{message}");
        assert!(message.contains(word), "{message}");
    };
    refused(json!([]), "INVALID_RESULT", "cannot be read").await;
    refused(json!({ "series": [] }), "MISSING_SERIES", series.as_str().unwrap()).await;
    let foreign =
        json!({ "series": [{ "uuid": uuid::Uuid::new_v4(), "error": "x" }, { "uuid": series, "error": "x" }] });
    refused(foreign, "UNKNOWN_SERIES", "no series").await;
    refused(
        json!({ "series": [{ "uuid": series }] }),
        "MISSING_OUTPUT",
        "preview.png",
    )
    .await;

    let result = worker.render(&job).await["result"].clone();
    let preview = name(&job, "preview.png");
    for (bytes, word) in [
        (picture("png", 41, 30), "41 x 30"),
        (picture("jpeg", 40, 30), "not image/png"),
        (b"not a picture".to_vec(), "not image/png"),
        (Vec::new(), "empty"),
    ] {
        worker.upload(&job, &preview, bytes).await;
        refused(result.clone(), "WRONG_OUTPUT", word).await;
    }
    let mut large = result.clone();
    for output in large["series"][0]["outputs"].as_array_mut().unwrap() {
        output["width"] = json!(2000);
    }
    refused(large, "WRONG_OUTPUT", "at most 1024").await;
    worker.upload(&job, &preview, picture("png", 40, 30)).await;
    assert_eq!(worker.say(&job, "complete", json!({ "result": result })).await.0, 200);
}

#[tokio::test]
async fn an_output_that_comes_again_replaces_the_first_under_a_new_key() {
    let app = TestApp::new().await;
    let (worker, job) = claimed(&app).await;
    let preview = name(&job, "preview.png");
    let first = worker.upload(&job, &preview, picture("png", 10, 10)).await;
    let old = keys(&app).await.remove(0);
    let second = worker.upload(&job, &preview, picture("png", 40, 30)).await;
    assert_ne!(first["sha256"], second["sha256"]);
    assert_eq!(second["sizeBytes"], picture("png", 40, 30).len());
    let new = keys(&app).await.remove(0);
    assert_ne!(old, new);
    let result = worker.render(&job).await;
    let kept = keys(&app).await;
    assert_eq!(worker.say(&job, "complete", result).await.0, 200);
    assert!(
        gone(&app, &old).await && gone(&app, &new).await,
        "what was replaced is gone with the completion"
    );
    for key in kept {
        assert!(!gone(&app, &key).await);
    }
    assert_eq!(keys(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn outputs_that_are_announced_at_the_same_time_are_in_one_batch() {
    let app = TestApp::new().await;
    let (worker, job) = claimed(&app).await;
    let names = ["preview.png", "preview.jpeg", "thumbnail.png", "thumbnail.jpeg"].map(|end| name(&job, end));
    let uploads = names.iter().map(|name| worker.upload(&job, name, picture(name, 40, 30)));
    futures::future::join_all(uploads).await;
    let rows = entity::external_output::Entity::find().all(app.app.db.writer()).await.unwrap();
    assert!(rows.len() == 4 && rows.iter().all(|row| row.batch_id == rows[0].batch_id));
}

#[tokio::test]
async fn outputs_of_an_attempt_that_ended_go_at_once() {
    let app = TestApp::new().await;
    let (worker, job) = claimed(&app).await;
    worker.render(&job).await;
    let kept = keys(&app).await;
    assert_eq!(kept.len(), 4);
    worker.say(&job, "release", json!({})).await;
    for key in kept {
        assert!(gone(&app, &key).await);
    }
    assert_eq!(keys(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn outputs_that_nobody_completes_are_swept_once_the_lease_is_over() {
    let app = TestApp::new().await;
    let (worker, job) = claimed(&app).await;
    worker.render(&job).await;
    worker.say(&job, "heartbeat", json!({ "leaseSeconds": 600 })).await;
    let kept = keys(&app).await;
    sweep(&app.app.db, &app.app.storage, TimeDelta::seconds(-500)).await.unwrap();
    assert!(!gone(&app, &kept[0]).await, "alive as long as the lease");
    lose(&app, &job).await;
    sweep(&app.app.db, &app.app.storage, TimeDelta::seconds(-700)).await.unwrap();
    for key in kept {
        assert!(gone(&app, &key).await);
    }
    assert_eq!(keys(&app).await, Vec::<String>::new());
    let left = entity::staging::Entity::find().all(app.app.db.writer()).await.unwrap();
    assert_eq!(left, Vec::new());
}
