//! Workers outside the server: claiming, holding, completing, failing and losing jobs by HTTP.

mod outputs;
mod scope;
mod worker;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::dicom::study;
use tests::{Client, TestApp};
use worker::{Worker, long_ago, lose, picture, row};

const PICTURES: &str = "query($id: ID!) { study(id: $id) { series { nodes {
    thumbnail: rendition(kind: THUMBNAIL) { url width height error }
    preview: rendition(kind: PREVIEW, format: PNG) { url width height error } } } } }";

async fn pictures(client: &Client, study: &Value) -> Value {
    client.data(PICTURES, json!({ "id": study })).await["study"]["series"]["nodes"][0].clone()
}

async fn uploaded(client: &Client) -> Value {
    client.upload(study(3)).await["studies"][0]["id"].clone()
}

#[tokio::test]
async fn a_claimed_study_is_drawn_outside_and_its_pictures_appear_together() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician).await;
    let worker = Worker::new(&app, "gpu").await;
    let job = worker.claim_one().await;
    assert_eq!(
        (&job["kind"], &job["attempt"], &job["timeoutSeconds"]),
        (&json!("render_study"), &json!(1), &json!(3600))
    );
    assert_eq!(row(&app, &job).await.worker.as_deref(), Some("external:gpu/box-1"));
    let image = &job["task"]["series"][0]["image"];
    assert_eq!(
        (&image["frame"], &job["task"]["series"][0]["modality"]),
        (&json!(0), &json!("CT"))
    );
    let input = app.anonymous().rest(reqwest::Method::GET, image["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(
        input.headers()["etag"].to_str().unwrap(),
        format!("\"{}\"", image["sha256"].as_str().unwrap())
    );
    assert_eq!(
        input.bytes().await.unwrap().len() as i64,
        image["sizeBytes"].as_i64().unwrap()
    );

    let (_, beat) = worker.say(&job, "heartbeat", json!({ "progress": 0.5, "leaseSeconds": 300 })).await;
    assert_eq!(beat["cancel"], false);
    assert!(
        beat["leaseExpiresAt"].as_str() > job["leaseExpiresAt"].as_str(),
        "{beat}"
    );
    assert_eq!(row(&app, &job).await.progress, 0.5);

    let result = worker.render(&job).await;
    assert!(
        pictures(&technician, &study).await["preview"].is_null(),
        "nothing before the completion"
    );
    let completed = worker.say(&job, "complete", result.clone()).await;
    assert_eq!(
        completed,
        (200, json!({ "state": "SUCCEEDED", "alreadyCompleted": false }))
    );
    let drawn = pictures(&technician, &study).await;
    assert_eq!(
        (&drawn["thumbnail"]["width"], &drawn["preview"]["height"]),
        (&json!(40), &json!(30))
    );
    let url = drawn["preview"]["url"].as_str().unwrap();
    let preview = app.anonymous().rest(reqwest::Method::GET, url).send().await.unwrap();
    assert_eq!(preview.headers()["content-type"], "image/png");
    assert_eq!(preview.bytes().await.unwrap(), picture("png", 40, 30));

    let again = worker.say(&job, "complete", result).await;
    assert_eq!(again, (200, json!({ "state": "SUCCEEDED", "alreadyCompleted": true })));
    assert_eq!(
        worker.say(&job, "fail", json!({ "error": "no" })).await.1["error"]["code"],
        "LEASE_LOST"
    );
    assert_eq!(row(&app, &job).await.state, "SUCCEEDED");
}

#[tokio::test]
async fn a_series_that_cannot_be_drawn_outside_says_why() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician).await;
    let worker = Worker::new(&app, "gpu").await;
    let job = worker.claim_one().await;
    let series = json!([{ "uuid": job["task"]["series"][0]["uuid"], "error": "no decoder for this" }]);
    let (status, body) = worker.say(&job, "complete", json!({ "result": { "series": series } })).await;
    assert_eq!((status, &body["state"]), (200, &json!("SUCCEEDED")));
    let drawn = pictures(&technician, &study).await;
    assert_eq!(drawn["preview"]["error"], "no decoder for this");
    assert!(drawn["preview"]["url"].is_null());
}

#[tokio::test]
async fn a_lost_lease_changes_nothing() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician).await;
    let worker = Worker::new(&app, "gpu").await;
    let job = worker.claim_one().await;
    let result = worker.render(&job).await;
    let name = job["task"]["series"][0]["outputs"][0]["name"].as_str().unwrap();
    let (_, announced) = worker.announce(&job, name).await;
    lose(&app, &job).await;
    let png = json!({ "name": name, "contentType": "image/jpeg" });
    for (what, more) in [
        ("heartbeat", json!({ "progress": 0.9 })),
        ("outputs", png),
        ("complete", result),
        ("fail", json!({ "error": "x" })),
        ("release", json!({})),
        ("cancelled", json!({})),
    ] {
        let (status, body) = worker.say(&job, what, more).await;
        assert_eq!((status, &body["error"]["code"]), (409, &json!("LEASE_LOST")), "{what}");
    }
    let (status, body) = worker.put(&announced, picture(name, 4, 4)).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("LEASE_LOST")));
    assert!(pictures(&technician, &study).await["preview"].is_null());
    let row = row(&app, &job).await;
    assert_eq!((row.state.as_str(), row.lost_leases, row.progress), ("PENDING", 1, 0.0));
    let next = worker.claim_one().await;
    assert_eq!((&next["id"], &next["attempt"]), (&job["id"], &json!(2)));
    let result = worker.render(&next).await;
    assert_eq!(
        worker.say(&job, "complete", result.clone()).await.0,
        409,
        "the older lease is fenced off"
    );
    assert_eq!(worker.say(&next, "complete", result).await.0, 200);
}

#[tokio::test]
async fn a_heartbeat_tells_of_a_cancel() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician).await;
    let worker = Worker::new(&app, "gpu").await;
    let job = worker.claim_one().await;
    let (status, body) = worker.say(&job, "cancelled", json!({})).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("CANCEL_NOT_REQUESTED")));
    let query = "query($id: ID!) { jobs(filter: { study: $id, kind: RENDER_STUDY }) { nodes { id } } }";
    let id = technician.data(query, json!({ "id": study })).await["jobs"]["nodes"][0]["id"].clone();
    let cancel = "mutation($id: ID!) { jobCancel(input: { id: $id }) { job { state } } }";
    assert_eq!(
        technician.data(cancel, json!({ "id": id })).await["jobCancel"]["job"]["state"],
        "RUNNING"
    );
    let (_, beat) = worker.say(&job, "heartbeat", json!({})).await;
    assert_eq!(beat["cancel"], true);
    assert_eq!(
        worker.say(&job, "cancelled", json!({})).await,
        (200, json!({ "state": "CANCELLED" }))
    );
    assert_eq!(worker.claim(1).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_failure_is_tried_again_later_or_is_for_good() {
    let app = TestApp::new().await;
    uploaded(&app.technician_of(app.centre).await).await;
    let worker = Worker::new(&app, "gpu").await;
    let first = worker.claim_one().await;
    let failed = worker.say(&first, "fail", json!({ "error": "out of memory" })).await;
    assert_eq!(failed, (200, json!({ "state": "PENDING" })));
    let waiting = row(&app, &first).await;
    assert_eq!(waiting.last_error.as_deref(), Some("out of memory"));
    assert!(waiting.run_at > waiting.updated_at, "it waits before the next attempt");
    assert_eq!(worker.claim(1).await, Vec::<Value>::new());

    long_ago(&app, &first, entity::job::Column::RunAt).await;
    let second = worker.claim_one().await;
    worker.say(&second, "fail", json!({ "error": "busy", "retryAfterSeconds": 0 })).await;
    let third = worker.claim_one().await;
    assert_eq!(third["attempt"], 3);
    assert_eq!(worker.say(&third, "fail", json!({ "error": " " })).await.0, 422);
    let dead = worker
        .say(
            &third,
            "fail",
            json!({ "error": "the file is broken", "retryable": false }),
        )
        .await;
    assert_eq!(dead, (200, json!({ "state": "DEAD" })));
}

#[tokio::test]
async fn a_released_attempt_does_not_count() {
    let app = TestApp::new().await;
    uploaded(&app.technician_of(app.centre).await).await;
    let worker = Worker::new(&app, "gpu").await;
    let job = worker.claim_one().await;
    assert_eq!(
        worker.say(&job, "release", json!({})).await,
        (200, json!({ "state": "PENDING" }))
    );
    let row = row(&app, &job).await;
    assert_eq!((row.attempt, row.lost_leases), (0, 0));
    let next = worker.claim_one().await;
    assert_eq!((&next["attempt"], &next["leaseToken"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn two_claimers_never_get_the_same_job() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for _ in 0..8 {
        technician.upload(study(1)).await;
    }
    let (one, two) = (Worker::new(&app, "one").await, Worker::new(&app, "two").await);
    let claims = (0..8).map(|n| if n % 2 == 0 { one.claim(3) } else { two.claim(3) });
    let claimed: Vec<Value> = futures::future::join_all(claims).await.into_iter().flatten().collect();
    let ids: BTreeSet<&str> = claimed.iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!((claimed.len(), ids.len()), (8, 8));
}

#[tokio::test]
async fn a_claim_that_waits_hears_of_new_work() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let worker = Worker::new(&app, "gpu").await;
    let wait = worker.post("claim", json!({ "worker": "box-1", "waitSeconds": 30 }));
    let ((_, claimed), _) = tokio::join!(wait, technician.upload(study(1)));
    assert_eq!(claimed["jobs"].as_array().unwrap().len(), 1, "{claimed}");
}

#[tokio::test]
async fn an_attempt_that_only_beats_ends_with_the_timeout_of_its_kind() {
    let app = TestApp::new().await;
    uploaded(&app.technician_of(app.centre).await).await;
    let worker = Worker::new(&app, "gpu").await;
    let job = worker.claim_one().await;
    long_ago(&app, &job, entity::job::Column::StartedAt).await;
    let (status, body) = worker.say(&job, "heartbeat", json!({})).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("LEASE_LOST")));
    let row = row(&app, &job).await;
    assert_eq!((row.state.as_str(), row.lost_leases), ("PENDING", 0));
    assert_eq!(row.last_error.as_deref(), Some("timed out after 3600 s"));
}

#[tokio::test]
async fn files_that_come_while_a_study_is_drawn_are_drawn_by_the_next_run() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let mut files = tests::dicom::many_series(2, 32);
    let later = files.split_off(1);
    technician.upload(files).await;
    let worker = Worker::new(&app, "gpu").await;
    let job = worker.claim_one().await;
    technician.upload(later).await;
    let result = worker.render(&job).await;
    let completed = worker.say(&job, "complete", result).await;
    assert_eq!(
        completed,
        (200, json!({ "state": "PENDING", "alreadyCompleted": false }))
    );
    assert_eq!(worker.claim_one().await["task"]["series"].as_array().unwrap().len(), 2);
}
