//! Live updates: complete, in order, resumable, and nobody else's.

use futures::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;
use tests::TestApp;
use tests::client::Events;
use tests::dicom::study;

const STUDY: &str = "subscription($id: ID, $after: Cursor) { studyUpdated(id: $id, after: $after) { cursor kind study { studyId } job { id state } } }";
const JOBS: &str = "subscription($study: ID, $after: Cursor) { jobUpdated(study: $study, after: $after) { cursor kind job { id kind state progress } } }";

/// The cursor before all events.
const BEGINNING: &str = "MDow";

async fn next(events: &mut Events, field: &str) -> Value {
    let event = tokio::time::timeout(Duration::from_secs(20), events.next()).await;
    let event = event.expect("an event in time").expect("the stream goes on");
    assert!(event["errors"].is_null(), "{event}");
    event["data"][field].clone()
}

/// Reads until `last` kinds have come, and answers (cursor, kind, job) of all.
async fn until(events: &mut Events, field: &str, count: usize, last: &str) -> Vec<(String, String, String)> {
    let (mut seen, mut left) = (Vec::new(), count);
    while left > 0 {
        let event = next(events, field).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if event["kind"] == last {
            left -= 1;
        }
        seen.push((text(&event["cursor"]), text(&event["kind"]), text(&event["job"]["id"])));
    }
    seen
}

#[tokio::test]
async fn a_subscriber_sees_the_state_first_and_then_every_step() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let id = technician.upload(study(2)).await["studies"][0]["id"].clone();
    let mut events = technician.subscribe(JOBS, json!({ "study": id })).await;
    for _ in 0..2 {
        let event = next(&mut events, "jobUpdated").await;
        assert_eq!(
            (&event["kind"], &event["job"]["state"]),
            (&json!("SNAPSHOT"), &json!("PENDING"))
        );
    }
    app.run_pending_jobs().await;
    let seen = until(&mut events, "jobUpdated", 2, "JOB_SUCCEEDED").await;
    let started = seen.iter().filter(|(_, kind, _)| kind == "JOB_STARTED").count();
    assert_eq!(started, 2, "{seen:?}");
}

#[tokio::test]
async fn who_comes_back_with_a_cursor_misses_nothing_and_hears_nothing_twice() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let mut watching = technician.subscribe(STUDY, json!({ "after": BEGINNING })).await;
    technician.upload(study(2)).await;
    app.run_pending_jobs().await;
    let all = until(&mut watching, "studyUpdated", 2, "JOB_SUCCEEDED").await;
    assert_eq!(all[0].1, "STUDY_CREATED", "{all:?}");
    for cut in 0..all.len() - 1 {
        let mut resumed = technician.subscribe(STUDY, json!({ "after": all[cut].0 })).await;
        let left = all[cut + 1..].iter().filter(|(_, kind, _)| kind == "JOB_SUCCEEDED").count();
        let rest = until(&mut resumed, "studyUpdated", left, "JOB_SUCCEEDED").await;
        assert_eq!(rest, all[cut + 1..].to_vec(), "resumed after {cut}");
    }
}

#[tokio::test]
async fn another_centre_hears_nothing() {
    let app = TestApp::new().await;
    let (north, south) = (
        app.technician_of(app.centre).await,
        app.technician_of(app.other_centre).await,
    );
    let mut events = south.subscribe(STUDY, json!({ "after": BEGINNING })).await;
    let theirs = north.upload(study(1)).await["studies"][0]["id"].clone();
    let ours = south.upload(study(1)).await["studies"][0]["studyId"].clone();
    assert_eq!(
        next(&mut events, "studyUpdated").await["study"]["studyId"],
        ours,
        "the first event is our own"
    );
    let mut refused = south.subscribe(STUDY, json!({ "id": theirs })).await;
    let answer = refused.next().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
}

#[tokio::test]
async fn nobody_hears_nothing() {
    let app = TestApp::new().await;
    let answer = app.anonymous().subscribe(STUDY, json!({})).await.next().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
}

#[tokio::test]
async fn a_cursor_that_was_never_given_is_refused() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for cursor in ["", "x", "MTIz"] {
        let answer = admin.gql(STUDY, json!({ "after": cursor })).await;
        assert!(answer["errors"].is_array(), "{cursor}: {answer}");
    }
}

#[tokio::test]
async fn many_events_reach_many_subscribers_in_one_order() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let mut subscribers = Vec::new();
    for _ in 0..20 {
        subscribers.push(technician.subscribe(STUDY, json!({ "after": BEGINNING })).await);
    }
    let uploads = (0..10).map(|_| technician.upload(study(1)));
    futures::future::join_all(uploads).await;
    app.run_pending_jobs().await;
    let mut orders = Vec::new();
    for mut events in subscribers {
        orders.push(until(&mut events, "studyUpdated", 20, "JOB_SUCCEEDED").await);
    }
    assert!(orders.windows(2).all(|pair| pair[0] == pair[1]));
    let cursors: std::collections::HashSet<&str> = orders[0].iter().map(|event| event.0.as_str()).collect();
    assert_eq!(cursors.len(), orders[0].len(), "nothing twice");
}
