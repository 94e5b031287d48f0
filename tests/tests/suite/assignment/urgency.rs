//! How urgent studies are, until when they are due, and who hears of those that are late.

use super::*;
use chrono::{DateTime, Utc};
use domain::db::sql::execute;
use domain::studies::overdue_tell;
use reqwest::multipart::Part;

const SET: &str = "mutation($study: ID!, $urgency: Urgency!, $reason: String) {
    studyUrgencySet(input: { study: $study, urgency: $urgency, reason: $reason }) {
      study { urgency isUrgent dueAt createdAt isOverdue } userErrors { code field } } }";
const UPLOAD: &str = "mutation($files: [Upload!]!, $urgency: Urgency, $urgent: Boolean!) {
    studyUpload(input: { files: $files, urgency: $urgency, isUrgent: $urgent }) { studies { id urgency isUrgent dueAt createdAt } } }";
const TARGETS: &str = "mutation($centre: ID!, $minutes: TargetMinutesInput) {
    centreReadingSet(input: { centre: $centre, targetMinutes: $minutes }) {
      centre { autoAssign targetMinutes { emergency urgent priority routine } } userErrors { code field } } }";
const EVENTS: &str = "query($id: ID!) { study(id: $id) { isOverdue turnaround urgency
    events(first: 100) { nodes { kind reason } } } }";

async fn sent(client: &Client, files: Vec<(String, Vec<u8>)>, variables: Value) -> Value {
    let parts = files.into_iter().map(|(name, bytes)| Part::bytes(bytes).file_name(name)).collect();
    let answer = client.send_files(UPLOAD, variables, parts).await.unwrap();
    answer["data"]["studyUpload"]["studies"][0].clone()
}

/// Minutes from upload until a study is due.
fn minutes(study: &Value) -> i64 {
    let time = |field: &str| study[field].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    // `dueAt` is in whole seconds.
    ((time("dueAt") - time("createdAt")).num_milliseconds() + 999) / 60_000
}

/// How many events of a kind a study has.
async fn told(client: &Client, study: &Value, kind: &str) -> usize {
    let answer = client.data(EVENTS, json!({ "id": study })).await;
    let events = answer["study"]["events"]["nodes"].as_array().unwrap();
    events.iter().filter(|event| event["kind"] == kind).count()
}

/// Lets the time of a study be over.
async fn expire(app: &TestApp, study: &Value) {
    let number = app
        .admin()
        .await
        .data("query($id: ID!) { study(id: $id) { number } }", json!({ "id": study }))
        .await;
    let past = Utc::now() - chrono::TimeDelta::minutes(1);
    let sql = "UPDATE study SET due_at = $1 WHERE id = $2";
    let values = vec![past.into(), number["study"]["number"].as_i64().into()];
    execute(app.app.db.writer(), sql, values).await.unwrap();
}

#[tokio::test]
async fn each_urgency_has_its_time_and_a_centre_may_have_others() {
    let app = TestApp::new().await;
    let (technician, admin) = (app.technician_of(app.centre).await, app.admin().await);
    let all = async |client: &Client| {
        let mut all = Vec::new();
        for urgency in ["EMERGENCY", "URGENT", "PRIORITY", "ROUTINE"] {
            let study = sent(client, study(1), json!({ "urgency": urgency, "urgent": false })).await;
            assert_eq!(study["urgency"], urgency);
            assert_eq!(study["isUrgent"], ["EMERGENCY", "URGENT"].contains(&urgency), "{study}");
            all.push(minutes(&study));
        }
        all
    };
    assert_eq!(all(&technician).await, [30, 60, 240, 1440]);
    let centre = technician.data("{ me { centre { id } } }", json!({})).await["me"]["centre"]["id"].clone();
    let own = json!({ "emergency": 10, "routine": 2880 });
    let changed = admin.data(TARGETS, json!({ "centre": centre, "minutes": own })).await;
    assert_eq!(
        changed["centreReadingSet"]["centre"]["targetMinutes"],
        json!({ "emergency": 10, "urgent": 60, "priority": 240, "routine": 2880 })
    );
    assert_eq!(all(&technician).await, [10, 60, 240, 2880]);
    assert_eq!(
        all(&app.technician_of(app.other_centre).await).await,
        [30, 60, 240, 1440]
    );
    let wrong = admin.data(TARGETS, json!({ "centre": centre, "minutes": { "urgent": 0 } })).await;
    assert_eq!(
        wrong["centreReadingSet"]["userErrors"][0],
        json!({ "code": "OUT_OF_RANGE", "field": "urgent" })
    );
}

#[tokio::test]
async fn s2_21_an_urgent_upload_is_urgent_and_a_file_may_ask_for_more() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let plain = sent(&technician, study(1), json!({ "urgent": true })).await;
    assert_eq!(
        (&plain["urgency"], &plain["isUrgent"]),
        (&json!("URGENT"), &json!(true))
    );

    let mut files = study(1);
    let file = &mut files[0].1;
    let pixels = file.windows(4).position(|tag| tag == [0xe0, 0x7f, 0x10, 0]).unwrap();
    // Requested Procedure Priority (0040,1003).
    file.splice(pixels..pixels, *b"\x40\x00\x03\x10SH\x04\x00STAT");
    let stat = sent(&technician, files, json!({ "urgent": false })).await;
    assert_eq!(
        (&stat["urgency"], &stat["isUrgent"]),
        (&json!("EMERGENCY"), &json!(true))
    );
}

#[tokio::test]
async fn another_urgency_moves_the_due_time_and_its_reason_is_kept() {
    let app = TestApp::new().await;
    let study = uploaded(&app).await;
    let technician = app.technician_of(app.centre).await;
    let input = json!({ "study": study, "urgency": "EMERGENCY", "reason": "Stroke suspected" });
    let set = technician.data(SET, input.clone()).await["studyUrgencySet"]["study"].clone();
    assert_eq!(
        (&set["urgency"], &set["isUrgent"], minutes(&set)),
        (&json!("EMERGENCY"), &json!(true), 30)
    );
    technician.data(SET, input).await;
    let seen = technician.data(EVENTS, json!({ "id": study })).await;
    let changes: Vec<&Value> = seen["study"]["events"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "STUDY_URGENCY_CHANGED")
        .collect();
    assert_eq!(
        changes,
        [&json!({ "kind": "STUDY_URGENCY_CHANGED", "reason": "Stroke suspected" })],
        "once"
    );

    let foreign = app.technician_of(app.other_centre).await;
    let hidden = foreign.data(SET, json!({ "study": study, "urgency": "ROUTINE" })).await;
    assert_eq!(code(&hidden["studyUrgencySet"]), "NOT_FOUND");
    let (reader, _) = radiologist(&app, "rita").await;
    let lines = reader.data(SET, json!({ "study": study, "urgency": "ROUTINE", "reason": "a\nb" })).await;
    assert_eq!(code(&lines["studyUrgencySet"]), "INVALID_TEXT");
    let calmed = reader.data(SET, json!({ "study": study, "urgency": "PRIORITY" })).await;
    assert_eq!(minutes(&calmed["studyUrgencySet"]["study"]), 240);
    let report = done(&reader, REPORT, &study).await["report"].clone();
    reader.data(VERIFY, json!({ "id": report["id"] })).await;
    let late = reader.data(SET, json!({ "study": study, "urgency": "ROUTINE" })).await;
    assert_eq!(code(&late["studyUrgencySet"]), "STATUS_CONFLICT");
}

#[tokio::test]
async fn people_hear_once_that_a_study_is_late() {
    let app = TestApp::new().await;
    let (late, timely) = (uploaded(&app).await, uploaded(&app).await);
    expire(&app, &late).await;
    let db = &app.app.db;
    let rounds = futures::future::join_all((0..4).map(|_| overdue_tell(db))).await;
    let told_of: usize = rounds.into_iter().map(Result::unwrap).sum();
    assert_eq!(told_of, 1, "of several workers one tells");
    assert_eq!(overdue_tell(db).await.unwrap(), 0);
    let technician = app.technician_of(app.centre).await;
    assert_eq!(told(&technician, &late, "STUDY_OVERDUE").await, 1);
    assert_eq!(told(&technician, &timely, "STUDY_OVERDUE").await, 0);

    let list =
        "query($overdue: Boolean!) { studies(filter: { overdue: $overdue }) { totalCount nodes { id isOverdue } } }";
    let listed = technician.data(list, json!({ "overdue": true })).await["studies"].clone();
    assert_eq!(
        listed,
        json!({ "totalCount": 1, "nodes": [{ "id": late, "isOverdue": true }] })
    );
    let listed = technician.data(list, json!({ "overdue": false })).await["studies"].clone();
    assert_eq!(
        listed,
        json!({ "totalCount": 1, "nodes": [{ "id": timely, "isOverdue": false }] })
    );

    // Another urgency gives it time again; that it was late stays told, and is not told again.
    technician.data(SET, json!({ "study": late, "urgency": "URGENT" })).await;
    expire(&app, &late).await;
    assert_eq!(overdue_tell(db).await.unwrap(), 0);
    assert_eq!(told(&technician, &late, "STUDY_OVERDUE").await, 1);
}

#[tokio::test]
async fn the_time_of_a_study_stops_when_it_is_verified() {
    let app = TestApp::new().await;
    let study = uploaded(&app).await;
    let (reader, _) = radiologist(&app, "rita").await;
    let before = reader.data(EVENTS, json!({ "id": study })).await["study"].clone();
    assert_eq!(before["turnaround"], Value::Null);
    let report = done(&reader, REPORT, &study).await["report"].clone();
    reader.data(VERIFY, json!({ "id": report["id"] })).await;
    expire(&app, &study).await;
    assert_eq!(overdue_tell(&app.app.db).await.unwrap(), 0);
    let after = reader.data(EVENTS, json!({ "id": study })).await["study"].clone();
    assert_eq!((&after["isOverdue"], &after["turnaround"]), (&json!(false), &json!(0)));
}
