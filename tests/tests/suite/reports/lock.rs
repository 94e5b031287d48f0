//! The lock: of two radiologists one edits, and the other one is told who.

use super::{answered, code, create, done, reader, timeline, uploaded, verified};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tests::{Client, TestApp};

const LOCK: &str = "report { id findings lock { holderName holder { fullName } acquiredAt expiresAt } } userErrors { code field message }";

async fn acquire(client: &Client, report: &Value) -> Value {
    answered(client, "reportLockAcquire", json!({ "id": report["id"] }), LOCK).await
}

async fn release(client: &Client, report: &Value) -> Value {
    answered(client, "reportLockRelease", json!({ "id": report["id"] }), LOCK).await
}

async fn expire(app: &TestApp) {
    let past = "UPDATE report_lock SET expires_at = '2026-01-01T00:00:00+00:00'";
    app.app.db.writer().execute_unprepared(past).await.unwrap();
}

#[tokio::test]
async fn while_one_edits_the_others_are_told_who_and_shown_the_present_text() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let study = uploaded(&app, app.centre).await;
    let report = create(&rita, &study).await;
    let lock = acquire(&rita, &report).await["report"]["lock"].clone();
    assert_eq!(lock["holderName"], "Test rita");
    let time = |name: &str| chrono::DateTime::parse_from_rfc3339(lock[name].as_str().unwrap()).unwrap();
    assert_eq!((time("expiresAt") - time("acquiredAt")).num_seconds(), 300);

    let change = json!({ "id": report["id"], "version": 1, "findings": "By ravi." });
    for (name, input) in [
        ("reportUpdate", change.clone()),
        ("reportVerify", json!({ "id": report["id"], "version": 1 })),
    ] {
        let refused = done(&ravi, name, input).await;
        let error = &refused["userErrors"][0];
        assert_eq!(error["code"], "REPORT_LOCKED", "{name}");
        assert!(
            error["message"].as_str().unwrap().starts_with("Test rita is editing"),
            "{error}"
        );
        assert_eq!(refused["report"]["findings"], "No nodule.", "the present text");
    }
    assert_eq!(code(&acquire(&ravi, &report).await), "REPORT_LOCKED");
    assert_eq!(code(&release(&ravi, &report).await), "REPORT_LOCKED");

    let own = json!({ "id": report["id"], "version": 1, "findings": "By rita." });
    assert_eq!(done(&rita, "reportUpdate", own).await["report"]["version"], 2);
    assert_eq!(release(&rita, &report).await["report"]["lock"], Value::Null);
    let change = json!({ "id": report["id"], "version": 2, "findings": "By ravi." });
    assert_eq!(done(&ravi, "reportUpdate", change).await["report"]["version"], 3);
    let told = timeline(&rita, &study).await;
    assert!(
        told.contains(&"REPORT_LOCKED".into()) && told.contains(&"REPORT_UNLOCKED".into()),
        "{told:?}"
    );
}

#[tokio::test]
async fn of_many_who_acquire_at_once_one_gets_the_lock() {
    let app = TestApp::new().await;
    let mut readers = Vec::new();
    for name in ["rita", "ravi", "rosa", "raul"] {
        readers.push(reader(&app, name).await);
    }
    let study = uploaded(&app, app.centre).await;
    for _ in 0..5 {
        let report = create(&readers[0], &study).await;
        let answers = futures::future::join_all(readers.iter().map(|client| acquire(client, &report))).await;
        let won: Vec<&Value> = answers.iter().filter(|answer| code(answer).is_empty()).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let holder = &won[0]["report"]["lock"]["holderName"];
        for lost in answers.iter().filter(|answer| !code(answer).is_empty()) {
            assert_eq!(code(lost), "REPORT_LOCKED");
            assert_eq!(lost["report"]["lock"]["holderName"], *holder);
        }
    }
}

#[tokio::test]
async fn a_lock_is_renewed_by_its_holder_and_ends_by_itself() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let study = uploaded(&app, app.centre).await;
    let report = create(&rita, &study).await;
    let first = acquire(&rita, &report).await["report"]["lock"].clone();
    let renewed = acquire(&rita, &report).await["report"]["lock"].clone();
    assert_eq!(renewed["acquiredAt"], first["acquiredAt"]);
    assert!(renewed["expiresAt"].as_str() >= first["expiresAt"].as_str());
    assert_eq!(
        timeline(&rita, &study).await.iter().filter(|kind| *kind == "REPORT_LOCKED").count(),
        1
    );
    expire(&app).await;
    let query = "query($id: ID!) { report(id: $id) { lock { holderName } } }";
    assert_eq!(
        rita.data(query, json!({ "id": report["id"] })).await["report"]["lock"],
        Value::Null
    );
    assert_eq!(
        acquire(&ravi, &report).await["report"]["lock"]["holderName"],
        "Test ravi"
    );
    assert_eq!(code(&acquire(&rita, &report).await), "REPORT_LOCKED");
}

#[tokio::test]
async fn an_administrator_breaks_a_lock() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let report = create(&rita, &uploaded(&app, app.centre).await).await;
    acquire(&rita, &report).await;
    let admin = app.admin().await;
    assert_eq!(
        code(&acquire(&admin, &report).await),
        "REPORT_LOCKED",
        "breaking is an act of its own"
    );
    assert_eq!(release(&admin, &report).await["report"]["lock"], Value::Null);
    assert_eq!(
        acquire(&ravi, &report).await["report"]["lock"]["holderName"],
        "Test ravi"
    );
}

#[tokio::test]
async fn a_verified_report_has_no_lock() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let report = verified(&rita, &study).await;
    assert_eq!(code(&acquire(&rita, &report).await), "REPORT_VERIFIED");
    let report = create(&rita, &study).await;
    acquire(&rita, &report).await;
    done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await;
    let query = "query($id: ID!) { report(id: $id) { isVerified lock { holderName } } }";
    let now = rita.data(query, json!({ "id": report["id"] })).await["report"].clone();
    assert_eq!(now, json!({ "isVerified": true, "lock": null }));
}
