//! Critical findings: flagged, heard by the centre, and never lost.

use super::{answered, code, create, reader, timeline, uploaded};
use futures::StreamExt;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tests::{Client, TestApp};

const FINDING: &str =
    "criticalFinding { id text severity flaggedBy flaggedAt acknowledgedBy acknowledgedAt note withdrawnBy withdrawnAt
    withdrawalReason waitingSeconds study { id } report { id } } userErrors { code field message }";

async fn flag(client: &Client, study: &Value) -> Value {
    let input = json!({ "study": study, "text": "Tension pneumothorax, right.", "severity": "CRITICAL" });
    let payload = answered(client, "criticalFindingFlag", input, FINDING).await;
    assert_eq!(payload["userErrors"], json!([]));
    payload["criticalFinding"].clone()
}

async fn acknowledge(client: &Client, finding: &Value, note: &str) -> Value {
    let input = json!({ "id": finding["id"], "note": note });
    answered(client, "criticalFindingAcknowledge", input, FINDING).await
}

async fn withdraw(client: &Client, finding: &Value) -> Value {
    let input = json!({ "id": finding["id"], "reason": "Skin fold." });
    answered(client, "criticalFindingWithdraw", input, FINDING).await
}

async fn waiting(client: &Client, wanted: bool) -> Vec<Value> {
    let query = "query($wanted: Boolean) { studies(filter: { hasUnacknowledgedCriticalFinding: $wanted }) { totalCount nodes { id } } }";
    let list = client.data(query, json!({ "wanted": wanted })).await["studies"].clone();
    let ids: Vec<Value> = list["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    assert_eq!(list["totalCount"], ids.len());
    ids
}

#[tokio::test]
async fn a_finding_waits_on_the_worklist_until_its_centre_heard_it() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let (study, quiet) = (uploaded(&app, app.centre).await, uploaded(&app, app.centre).await);
    let finding = flag(&rita, &study).await;
    assert_eq!(
        (
            &finding["flaggedBy"],
            &finding["severity"],
            &finding["acknowledgedAt"],
            &finding["report"]
        ),
        (&json!("Test rita"), &json!("CRITICAL"), &Value::Null, &Value::Null)
    );
    let technician = app.technician_of(app.centre).await;
    assert_eq!(waiting(&technician, true).await, std::slice::from_ref(&study));
    assert_eq!(waiting(&technician, false).await, std::slice::from_ref(&quiet));
    assert!(waiting(&app.technician_of(app.other_centre).await, true).await.is_empty());

    let heard =
        acknowledge(&technician, &finding, "Dr Singh on the ward told by telephone.").await["criticalFinding"].clone();
    assert_eq!(heard["note"], "Dr Singh on the ward told by telephone.");
    assert!(heard["acknowledgedAt"].is_string());
    assert_eq!(waiting(&technician, true).await, Vec::<Value>::new());
    assert_eq!(waiting(&technician, false).await.len(), 2);
    let query = "query($id: ID!) { study(id: $id) { criticalFindings { totalCount nodes { id acknowledgedBy waitingSeconds } } } }";
    let seen = rita.data(query, json!({ "id": study })).await["study"]["criticalFindings"].clone();
    let by = &seen["nodes"][0]["acknowledgedBy"];
    assert!(
        by.as_str().unwrap().starts_with("Test technician"),
        "{by}: the radiologist is told who"
    );
    assert_eq!(seen["totalCount"], 1);
    let expected = ["CRITICAL_FINDING_ACKNOWLEDGED", "CRITICAL_FINDING_FLAGGED"];
    assert_eq!(timeline(&rita, &study).await, expected);
}

#[tokio::test]
async fn the_first_who_acknowledges_is_kept_and_other_centres_find_nothing() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let finding = flag(&rita, &uploaded(&app, app.centre).await).await;
    let (technician, manager) = (app.technician_of(app.centre).await, app.manager_of(app.centre).await);
    let stranger = app.technician_of(app.other_centre).await;
    assert_eq!(code(&acknowledge(&stranger, &finding, "X").await), "NOT_FOUND");
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(
        stranger.data(node, json!({ "id": finding["id"] })).await["node"],
        Value::Null
    );
    let (one, two) = tokio::join!(
        acknowledge(&technician, &finding, "one"),
        acknowledge(&manager, &finding, "two")
    );
    let fields = ["note", "acknowledgedBy", "acknowledgedAt"];
    for field in fields {
        assert_eq!(one["criticalFinding"][field], two["criticalFinding"][field], "{field}");
    }
    let again = acknowledge(&manager, &finding, "three").await;
    assert_eq!(again["criticalFinding"]["note"], one["criticalFinding"]["note"]);
}

#[tokio::test]
async fn a_finding_is_withdrawn_with_a_reason_and_stays() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let study = uploaded(&app, app.centre).await;
    let finding = flag(&rita, &study).await;
    assert_eq!(code(&withdraw(&ravi, &finding).await), "NOT_FLAGGED_BY_YOU");
    let taken_back = withdraw(&rita, &finding).await["criticalFinding"].clone();
    assert_eq!(
        (&taken_back["withdrawnBy"], &taken_back["withdrawalReason"]),
        (&json!("Test rita"), &json!("Skin fold."))
    );
    let technician = app.technician_of(app.centre).await;
    assert!(waiting(&technician, true).await.is_empty());
    assert_eq!(
        code(&acknowledge(&technician, &finding, "X").await),
        "FINDING_WITHDRAWN"
    );
    assert_eq!(code(&withdraw(&app.admin().await, &finding).await), "FINDING_WITHDRAWN");
    let query = "query($id: ID!) { study(id: $id) { criticalFindings { nodes { id withdrawalReason } } } }";
    let kept = technician.data(query, json!({ "id": study })).await["study"]["criticalFindings"]["nodes"].clone();
    assert_eq!(kept, json!([{ "id": finding["id"], "withdrawalReason": "Skin fold." }]));
}

#[tokio::test]
async fn a_finding_is_of_a_study_or_of_a_report() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let report = create(&rita, &study).await;
    for (input, expected) in [
        (json!({ "report": report["id"], "text": "T", "severity": "URGENT" }), ""),
        (
            json!({ "report": report["id"], "study": study, "text": "T", "severity": "URGENT" }),
            "STUDY_OR_REPORT",
        ),
        (json!({ "text": "T", "severity": "URGENT" }), "STUDY_OR_REPORT"),
        (
            json!({ "study": study, "text": " ", "severity": "URGENT" }),
            "INVALID_TEXT",
        ),
        (
            json!({ "study": study, "text": "x".repeat(4001), "severity": "URGENT" }),
            "INVALID_TEXT",
        ),
    ] {
        let payload = answered(&rita, "criticalFindingFlag", input.clone(), FINDING).await;
        assert_eq!(code(&payload), expected, "{input}");
        if expected.is_empty() {
            assert_eq!(payload["criticalFinding"]["report"]["id"], report["id"]);
            assert_eq!(payload["criticalFinding"]["study"]["id"], study);
        }
    }
}

#[tokio::test]
async fn the_centre_hears_at_once() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let query = "subscription($id: ID!) { studyUpdated(id: $id) { kind study { criticalFindings { totalCount } } } }";
    let mut events = app.technician_of(app.centre).await.subscribe(query, json!({ "id": study })).await;
    assert_eq!(events.next().await.unwrap()["data"]["studyUpdated"]["kind"], "SNAPSHOT");
    flag(&rita, &study).await;
    let told = events
        .filter(|event| futures::future::ready(event["data"]["studyUpdated"]["kind"] == "CRITICAL_FINDING_FLAGGED"));
    let told = Box::pin(told).next().await.unwrap();
    assert_eq!(
        told["data"]["studyUpdated"]["study"]["criticalFindings"]["totalCount"],
        1
    );
}

#[tokio::test]
async fn the_database_itself_keeps_critical_findings() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let finding = flag(&rita, &uploaded(&app, app.centre).await).await;
    acknowledge(&app.technician_of(app.centre).await, &finding, "Heard.").await;
    withdraw(&rita, &finding).await;
    let db = app.app.db.writer();
    for statement in [
        "UPDATE critical_finding SET text = 'X'",
        "UPDATE critical_finding SET severity = 'urgent'",
        "UPDATE critical_finding SET acknowledged_at = NULL",
        "UPDATE critical_finding SET note = 'X'",
        "UPDATE critical_finding SET withdrawn_at = NULL, withdrawal_reason = NULL",
        "DELETE FROM critical_finding",
    ] {
        assert!(db.execute_unprepared(statement).await.is_err(), "{statement}");
    }
}
