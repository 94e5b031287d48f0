//! Who reads a study: assigned, claimed, released, reviewed; and the statuses on the way to a verified report.

mod automatic;
mod live;
mod radiologists;
mod urgency;

use futures::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;
use tests::dicom::study;
use tests::{Client, TestApp};

const ASSIGN: &str =
    "mutation($study: ID!, $radiologist: ID!) { studyAssign(input: { study: $study, radiologist: $radiologist }) {
    study { id status assignee { id } assignedAt } userErrors { code field message } } }";
const CLAIM: &str = "mutation($study: ID!) { studyClaim(input: { study: $study }) {
    study { id status assignee { id } assignedAt } userErrors { code field message } } }";
const RELEASE: &str = "mutation($study: ID!) { studyRelease(input: { study: $study }) {
    study { id status assignee { id } assignedAt } userErrors { code field message } } }";
const REVIEW: &str = "mutation($study: ID!) { studyReview(input: { study: $study }) {
    study { id status assignee { id } } userErrors { code field message } } }";
const REPORT: &str =
    "mutation($study: ID!) { reportCreate(input: { study: $study, findings: \"F\", impression: \"I\" }) {
    report { id version study { status } } userErrors { code } } }";
const VERIFY: &str = "mutation($id: ID!) { reportVerify(input: { id: $id, version: 1 }) {
    report { isVerified study { status } } userErrors { code } } }";
const STUDY: &str = "query($id: ID!) { study(id: $id) { status assignee { id fullName } assignedAt } }";

async fn uploaded(app: &TestApp) -> Value {
    let technician = app.technician_of(app.centre).await;
    technician.upload(study(1)).await["studies"][0]["id"].clone()
}

async fn radiologist(app: &TestApp, name: &str) -> (Client, Value) {
    let client = app.user(name, domain::context::Role::Radiologist, None).await;
    let id = client.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    (client, id)
}

/// The payload of a mutation of one study.
async fn done(client: &Client, mutation: &str, study: &Value) -> Value {
    let data = client.data(mutation, json!({ "study": study })).await;
    data.as_object().unwrap().values().next().unwrap().clone()
}

async fn assign(client: &Client, study: &Value, radiologist: &Value) -> Value {
    client.data(ASSIGN, json!({ "study": study, "radiologist": radiologist })).await["studyAssign"].clone()
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn s2_37_an_assigned_study_has_its_radiologist_and_status_and_its_centre_sees_both() {
    let app = TestApp::new().await;
    let (study, (_, reader)) = (uploaded(&app).await, radiologist(&app, "rita").await);
    let payload = assign(&app.admin().await, &study, &reader).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    assert_eq!(
        (&payload["study"]["status"], &payload["study"]["assignee"]["id"]),
        (&json!("ASSIGNED"), &reader)
    );
    let seen = app.technician_of(app.centre).await.data(STUDY, json!({ "id": study })).await["study"].clone();
    assert_eq!(seen["assignee"], json!({ "id": reader, "fullName": "Test rita" }));
    assert!(seen["assignedAt"].is_string(), "{seen}");
}

#[tokio::test]
async fn s2_38_only_an_active_radiologist_can_be_assigned() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app).await);
    let me = admin.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let (_, gone) = radiologist(&app, "gone").await;
    let deactivate = "mutation($id: ID!) { userDeactivate(input: { id: $id }) { user { isActive } } }";
    admin.data(deactivate, json!({ "id": gone })).await;
    for nobody in [me, gone] {
        let payload = assign(&admin, &study, &nobody).await;
        assert_eq!(
            payload["userErrors"][0],
            json!({ "code": "NOT_FOUND", "field": null, "message": "Radiologist not found" })
        );
    }
    let seen = admin.data(STUDY, json!({ "id": study })).await["study"].clone();
    assert_eq!(
        seen,
        json!({ "status": "UPLOADED", "assignee": null, "assignedAt": null })
    );
}

#[tokio::test]
async fn s2_38_a_centre_assigns_its_own_studies_that_nobody_has() {
    let app = TestApp::new().await;
    let study = uploaded(&app).await;
    let ((_, rita), (_, ravi)) = (radiologist(&app, "rita").await, radiologist(&app, "ravi").await);
    let foreign = assign(&app.manager_of(app.other_centre).await, &study, &rita).await;
    assert_eq!((code(&foreign), &foreign["study"]), ("NOT_FOUND", &Value::Null));
    let manager = app.manager_of(app.centre).await;
    assert_eq!(assign(&manager, &study, &rita).await["study"]["status"], "ASSIGNED");
    assert_eq!(code(&assign(&manager, &study, &ravi).await), "ALREADY_ASSIGNED");
    let again = assign(&manager, &study, &rita).await;
    assert_eq!(
        (code(&again), &again["study"]["assignee"]["id"]),
        ("", &rita),
        "the same one again"
    );
}

#[tokio::test]
async fn s2_96_an_administrator_assigns_anew_until_the_study_is_verified() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app).await);
    let ((reader, rita), (_, ravi)) = (radiologist(&app, "rita").await, radiologist(&app, "ravi").await);
    assign(&admin, &study, &rita).await;
    assert_eq!(done(&reader, REVIEW, &study).await["study"]["status"], "IN_REVIEW");
    let anew = assign(&admin, &study, &ravi).await;
    assert_eq!(
        (&anew["study"]["status"], &anew["study"]["assignee"]["id"]),
        (&json!("ASSIGNED"), &ravi)
    );
    let report = done(&reader, REPORT, &study).await["report"].clone();
    let reported = assign(&admin, &study, &rita).await;
    assert_eq!(reported["study"]["status"], "REPORT_GENERATED", "the report stays");
    reader.data(VERIFY, json!({ "id": report["id"] })).await;
    let late = assign(&admin, &study, &ravi).await;
    assert_eq!(code(&late), "STATUS_CONFLICT", "{late}");
    let seen = admin.data(STUDY, json!({ "id": study })).await["study"].clone();
    assert_eq!((&seen["status"], &seen["assignee"]["id"]), (&json!("VERIFIED"), &rita));
}

#[tokio::test]
async fn s2_96_of_many_who_claim_a_study_at_once_one_gets_it() {
    let app = TestApp::new().await;
    let mut readers = Vec::new();
    for n in 0..8 {
        readers.push(radiologist(&app, &format!("reader{n}")).await);
    }
    for _ in 0..5 {
        let study = uploaded(&app).await;
        let claims = readers.iter().map(|(client, _)| done(client, CLAIM, &study));
        let answers = futures::future::join_all(claims).await;
        let winners: Vec<usize> = (0..answers.len()).filter(|n| code(&answers[*n]).is_empty()).collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        assert_eq!(
            answers.iter().filter(|answer| code(answer) == "ALREADY_ASSIGNED").count(),
            7
        );
        let (winner, id) = &readers[winners[0]];
        let again = done(winner, CLAIM, &study).await["study"].clone();
        assert_eq!(&again["assignee"]["id"], id, "claiming twice changes nothing: {again}");
        assert_eq!(again["assignedAt"], answers[winners[0]]["study"]["assignedAt"]);
    }
}

#[tokio::test]
async fn a_radiologist_gives_back_the_own_study_and_no_other() {
    let app = TestApp::new().await;
    let study = uploaded(&app).await;
    let ((rita, _), (ravi, ravis)) = (radiologist(&app, "rita").await, radiologist(&app, "ravi").await);
    assert_eq!(code(&done(&rita, RELEASE, &study).await), "NOT_ASSIGNEE", "nobody's");
    done(&rita, CLAIM, &study).await;
    assert_eq!(code(&done(&ravi, RELEASE, &study).await), "NOT_ASSIGNEE");
    let free = done(&rita, RELEASE, &study).await;
    assert_eq!(
        (
            &free["study"]["status"],
            &free["study"]["assignee"],
            &free["study"]["assignedAt"]
        ),
        (&json!("UPLOADED"), &Value::Null, &Value::Null)
    );
    assert_eq!(done(&ravi, CLAIM, &study).await["study"]["assignee"]["id"], ravis);
    assert_eq!(
        done(&app.admin().await, RELEASE, &study).await["study"]["status"],
        "UPLOADED"
    );
    done(&ravi, CLAIM, &study).await;
    done(&ravi, REPORT, &study).await;
    assert_eq!(
        code(&done(&ravi, RELEASE, &study).await),
        "STATUS_CONFLICT",
        "it is reported"
    );
}

#[tokio::test]
async fn s2_43_only_its_radiologist_and_administrators_begin_to_review_a_study() {
    let app = TestApp::new().await;
    let study = uploaded(&app).await;
    let ((rita, _), (ravi, _)) = (radiologist(&app, "rita").await, radiologist(&app, "ravi").await);
    done(&rita, CLAIM, &study).await;
    assert_eq!(code(&done(&ravi, REVIEW, &study).await), "NOT_ASSIGNEE");
    assert_eq!(done(&rita, REVIEW, &study).await["study"]["status"], "IN_REVIEW");
    assert_eq!(
        done(&app.admin().await, REVIEW, &study).await["study"]["status"],
        "IN_REVIEW",
        "again"
    );
    done(&rita, REPORT, &study).await;
    assert_eq!(
        code(&done(&rita, REVIEW, &study).await),
        "STATUS_CONFLICT",
        "only forward"
    );
}

#[tokio::test]
async fn s2_42_s2_44_every_step_to_the_verified_report_is_heard() {
    const UPDATES: &str = "subscription($id: ID) { studyUpdated(id: $id) { kind study { id } } }";
    let app = TestApp::new().await;
    let study = uploaded(&app).await;
    let (reader, _) = radiologist(&app, "rita").await;
    let technician = app.technician_of(app.centre).await;
    let mut events = technician.subscribe(UPDATES, json!({ "id": study })).await;
    assert_eq!(events.next().await.unwrap()["data"]["studyUpdated"]["kind"], "SNAPSHOT");

    let mut statuses = Vec::new();
    for mutation in [CLAIM, REVIEW] {
        statuses.push(done(&reader, mutation, &study).await["study"]["status"].clone());
    }
    let report = done(&reader, REPORT, &study).await["report"].clone();
    statuses.push(report["study"]["status"].clone());
    let verified = reader.data(VERIFY, json!({ "id": report["id"] })).await["reportVerify"]["report"].clone();
    statuses.push(verified["study"]["status"].clone());
    assert_eq!(statuses, ["ASSIGNED", "IN_REVIEW", "REPORT_GENERATED", "VERIFIED"]);

    let mut heard = Vec::new();
    while heard.len() < 7 {
        let event = tokio::time::timeout(Duration::from_secs(20), events.next()).await.expect("an event in time");
        let kind = event.unwrap()["data"]["studyUpdated"]["kind"].as_str().unwrap().to_owned();
        if !kind.starts_with("JOB_") {
            heard.push(kind);
        }
    }
    let expected = [
        "STUDY_ASSIGNED",
        "STUDY_STATUS_CHANGED",
        "STUDY_STATUS_CHANGED",
        "REPORT_CREATED",
        "STUDY_STATUS_CHANGED",
        "REPORT_VERIFIED",
        "STUDY_STATUS_CHANGED",
    ];
    assert_eq!(heard, expected);
}
