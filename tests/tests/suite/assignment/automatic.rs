//! The server gives studies to radiologists: to whom, why, and never more than they can read.

use super::*;
use domain::db::sql::query;
use futures::future::join_all;

const PROFILE: &str = "mutation($input: RadiologistProfileSetInput!) {
    radiologistProfileSet(input: $input) { user { id } userErrors { code field } } }";
const AUTOMATICALLY: &str = "mutation($study: ID!) {
    studyAssignAutomatically(input: { study: $study }) { job { id kind } userErrors { code } } }";
const AUTO: &str =
    "mutation($centre: ID!) { centreReadingSet(input: { centre: $centre, autoAssign: true }) { userErrors { code } } }";
const URGENCY: &str =
    "mutation($study: ID!) { studyUrgencySet(input: { study: $study, urgency: EMERGENCY }) { userErrors { code } } }";
const HISTORY: &str = "query($id: ID!) { study(id: $id) { status assignee { id } assignments { totalCount nodes {
    method reason releasedAt radiologist { id } previous { id } assignedBy { id }
    considered { radiologist { id } leftOut maxOpenStudies load { openStudies weight } } } } } }";

/// Lets the server give the studies of the app's centre to radiologists.
async fn automatic(app: &TestApp) {
    let centre = app.technician_of(app.centre).await.data("{ me { centre { id } } }", json!({})).await;
    app.admin().await.data(AUTO, json!({ "centre": centre["me"]["centre"]["id"] })).await;
}

/// A radiologist who reads CT, and what else is said.
async fn reader(app: &TestApp, name: &str, more: Value) -> (Client, Value) {
    let (client, id) = radiologist(app, name).await;
    let mut input = json!({ "modalities": ["CT"] });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let payload = client.data(PROFILE, json!({ "input": input })).await["radiologistProfileSet"].clone();
    assert_eq!(payload["userErrors"], json!([]), "{name}");
    (client, id)
}

async fn history(client: &Client, study: &Value) -> Value {
    client.data(HISTORY, json!({ "id": study })).await["study"].clone()
}

/// How many studies each radiologist has, and how many nobody has, the most first.
async fn shares(app: &TestApp) -> (Vec<i64>, i64) {
    let sql =
        "SELECT assigned_radiologist_id, count(*) FROM study GROUP BY assigned_radiologist_id ORDER BY count(*) DESC";
    let (mut shares, mut nobodys) = (Vec::new(), 0);
    for row in query(app.app.db.reader(), sql, vec![]).await.unwrap() {
        let (reader, count): (Option<i64>, i64) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        match reader {
            Some(_) => shares.push(count),
            None => nobodys = count,
        }
    }
    (shares, nobodys)
}

async fn events(app: &TestApp, kind: &str) -> i64 {
    let sql = "SELECT count(*) FROM event WHERE kind = $1";
    query(app.app.db.reader(), sql, vec![kind.into()]).await.unwrap()[0].try_get_by_index(0).unwrap()
}

/// Several workers at once, until nothing is left.
async fn work(app: &TestApp) {
    join_all((0..4).map(|_| app.run_pending_jobs())).await;
    app.run_pending_jobs().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_studies_at_once_are_shared_evenly_among_five() {
    let app = TestApp::new().await;
    automatic(&app).await;
    for n in 0..5 {
        reader(&app, &format!("reader{n}"), json!({})).await;
    }
    let technician = app.technician_of(app.centre).await;
    join_all((0..20).map(|_| technician.upload(study(1)))).await;
    work(&app).await;
    assert_eq!(shares(&app).await, (vec![4; 5], 0));
    assert_eq!(events(&app, "STUDY_ASSIGNED").await, 20, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_gets_more_than_the_maximum_and_the_rest_waits_until_there_is_room() {
    let app = TestApp::new().await;
    automatic(&app).await;
    let mut readers = Vec::new();
    for n in 0..5 {
        readers.push(reader(&app, &format!("reader{n}"), json!({ "maxOpenStudies": 3 })).await);
    }
    let technician = app.technician_of(app.centre).await;
    join_all((0..20).map(|_| technician.upload(study(1)))).await;
    work(&app).await;
    assert_eq!(shares(&app).await, (vec![3; 5], 5));
    assert_eq!(events(&app, "AUTO_ASSIGNMENT_WAITING").await, 5);
    domain::studies::studies_assign_waiting(&app.app.db).await.unwrap();
    assert_eq!(events(&app, "AUTO_ASSIGNMENT_WAITING").await, 5, "told once");
    let more = json!({ "input": { "maxOpenStudies": 20 } });
    readers[0].0.data(PROFILE, more).await;
    work(&app).await;
    assert_eq!(
        shares(&app).await,
        (vec![8, 3, 3, 3, 3], 0),
        "as soon as somebody has room"
    );
}

#[tokio::test]
async fn who_reads_it_works_and_has_the_least_gets_it_and_the_reason_is_kept() {
    let app = TestApp::new().await;
    automatic(&app).await;
    let (busy, busys) = reader(&app, "busy", json!({})).await;
    let (_, idles) = reader(&app, "idle", json!({})).await;
    let (_, mri) = reader(&app, "mri", json!({ "modalities": ["MRI"] })).await;
    let (_, off) = reader(&app, "off", json!({ "isAvailable": false })).await;
    let (_, gone) = reader(&app, "gone", json!({ "availableUntil": "2020-01-01T00:00:00Z" })).await;
    let (_, full) = reader(&app, "full", json!({ "maxOpenStudies": 0 })).await;
    let other = app.technician_of(app.other_centre).await.upload(study(1)).await["studies"][0]["id"].clone();
    done(&busy, CLAIM, &other).await;
    let study = uploaded(&app).await;
    app.run_pending_jobs().await;

    let seen = history(&app.admin().await, &study).await;
    assert_eq!((&seen["status"], &seen["assignee"]["id"]), (&json!("ASSIGNED"), &idles));
    let assignment = &seen["assignments"]["nodes"][0];
    assert_eq!(seen["assignments"]["totalCount"], 1);
    assert_eq!(
        (&assignment["method"], &assignment["assignedBy"]),
        (&json!("AUTOMATIC"), &Value::Null)
    );
    assert_eq!(assignment["reason"], "Had the least to read of the 2 who could take it");
    let considered = assignment["considered"].as_array().unwrap();
    let of = |id: &Value| considered.iter().find(|one| &one["radiologist"]["id"] == id).unwrap();
    assert_eq!(considered.len(), 6, "{assignment}");
    for (id, why) in [
        (&mri, "MODALITY"),
        (&off, "UNAVAILABLE"),
        (&gone, "UNAVAILABLE"),
        (&full, "FULL"),
    ] {
        assert_eq!(of(id)["leftOut"], why, "{assignment}");
    }
    assert_eq!(of(&idles)["leftOut"], Value::Null);
    assert_eq!(of(&busys)["load"], json!({ "openStudies": 1, "weight": 1 }));

    for client in [app.technician_of(app.centre).await, busy] {
        let seen = history(&client, &study).await["assignments"]["nodes"][0].clone();
        assert!(seen["reason"].is_string(), "{seen}");
        assert_eq!(
            seen["considered"],
            Value::Null,
            "loads are made of the studies of all centres"
        );
    }
}

#[tokio::test]
async fn an_emergency_goes_to_whoever_can_begin_soonest() {
    let app = TestApp::new().await;
    let (many, manys) = reader(&app, "many", json!({})).await;
    let (one, _) = reader(&app, "one", json!({})).await;
    for _ in 0..3 {
        done(&many, CLAIM, &uploaded(&app).await).await;
    }
    let reading = uploaded(&app).await;
    done(&one, CLAIM, &reading).await;
    done(&one, REVIEW, &reading).await;
    let (study, admin) = (uploaded(&app).await, app.admin().await);
    admin.data(URGENCY, json!({ "study": study })).await;
    let job = admin.data(AUTOMATICALLY, json!({ "study": study })).await["studyAssignAutomatically"].clone();
    assert_eq!(job["job"]["kind"], "ASSIGN_STUDY", "{job}");
    app.run_pending_jobs().await;
    let seen = history(&admin, &study).await;
    assert_eq!(seen["assignee"]["id"], manys, "three wait, but none is being read");
    assert_eq!(
        seen["assignments"]["nodes"][0]["reason"],
        "Could begin soonest of the 2 who could take this emergency"
    );
    let again = admin.data(AUTOMATICALLY, json!({ "study": study })).await;
    assert_eq!(code(&again["studyAssignAutomatically"]), "ALREADY_ASSIGNED");
}

#[tokio::test]
async fn what_was_given_back_goes_to_somebody_else() {
    let app = TestApp::new().await;
    automatic(&app).await;
    let (first, firsts) = reader(&app, "first", json!({})).await;
    let study = uploaded(&app).await;
    app.run_pending_jobs().await;
    done(&first, RELEASE, &study).await;
    app.run_pending_jobs().await;
    let seen = history(&first, &study).await;
    assert_eq!(
        (&seen["status"], &seen["assignee"]),
        (&json!("UPLOADED"), &Value::Null),
        "not to the same one"
    );
    let (_, seconds) = reader(&app, "second", json!({})).await;
    app.run_pending_jobs().await;
    let seen = history(&app.admin().await, &study).await;
    assert_eq!(seen["assignee"]["id"], seconds);
    let rows = &seen["assignments"]["nodes"];
    assert!(
        rows[1]["releasedAt"].is_string() && rows[0]["releasedAt"].is_null(),
        "{rows}"
    );
    let left_out = rows[0]["considered"].as_array().unwrap().iter().find(|one| one["radiologist"]["id"] == firsts);
    assert_eq!(left_out.unwrap()["leftOut"], "RELEASED");
}

#[tokio::test]
async fn a_centre_that_does_not_want_it_assigns_by_hand_and_that_is_kept_too() {
    let app = TestApp::new().await;
    let (rita, ritas) = reader(&app, "rita", json!({})).await;
    let (_, ravis) = radiologist(&app, "ravi").await;
    let study = uploaded(&app).await;
    app.run_pending_jobs().await;
    let admin = app.admin().await;
    assert_eq!(history(&admin, &study).await["assignments"]["totalCount"], 0);
    done(&rita, CLAIM, &study).await;
    assign(&admin, &study, &ravis).await;
    let me = admin.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let rows = history(&admin, &study).await["assignments"]["nodes"].clone();
    let row = |n: usize| {
        let row = &rows[n];
        (
            row["method"].clone(),
            row["radiologist"]["id"].clone(),
            row["previous"]["id"].clone(),
            row["assignedBy"]["id"].clone(),
        )
    };
    assert_eq!(row(0), (json!("MANUAL"), ravis, ritas.clone(), me));
    assert_eq!(row(1), (json!("CLAIM"), ritas.clone(), Value::Null, ritas));
    assert_eq!(
        (&rows[0]["reason"], &rows[0]["considered"]),
        (&Value::Null, &Value::Null)
    );
}
