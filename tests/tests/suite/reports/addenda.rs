//! Addenda: signed on their own, chained to their report, and kept.

use super::{answered, code, create, reader, sha256, timeline, uploaded, verified};
use chrono::{DateTime, SecondsFormat};
use futures::StreamExt;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tests::{Client, TestApp};

const ADDENDUM: &str = "addendum { number text signature { signerName textHash studyHash seal signedAt } }
    report { findings contentHash addenda { totalCount } } userErrors { code field message }";

async fn add(client: &Client, report: &Value, text: &str) -> Value {
    let input = json!({ "id": report["id"], "text": text });
    answered(client, "reportAddendumCreate", input, ADDENDUM).await
}

#[tokio::test]
async fn s2_53_addenda_are_signed_and_chained_to_the_report() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let study = uploaded(&app, app.centre).await;
    let report = verified(&rita, &study).await;
    let first = add(&ravi, &report, "Seen again: a nodule.").await;
    let second = add(&rita, &report, "Told to the ward.").await;
    assert_eq!(first["userErrors"], json!([]));
    assert_eq!(first["report"]["findings"], "No nodule.", "the report stays as it was");
    assert_eq!(second["report"]["addenda"]["totalCount"], 2);

    let query = "query($id: ID!) { report(id: $id) { signature { seal } addenda(first: 1) { totalCount pageInfo { hasNextPage endCursor }
        nodes { number text } } } }";
    let seen = app.technician_of(app.centre).await.data(query, json!({ "id": report["id"] })).await["report"].clone();
    assert_eq!(
        (&seen["addenda"]["totalCount"], &seen["addenda"]["nodes"]),
        (&json!(2), &json!([{ "number": 1, "text": "Seen again: a nodule." }]))
    );
    assert_eq!(seen["addenda"]["pageInfo"]["hasNextPage"], true);

    let number = async |client: &Client| client.data("{ me { number } }", json!({})).await["me"]["number"].to_string();
    let mut seal = seen["signature"]["seal"].as_str().unwrap().to_owned();
    for (addendum, signer, name) in [
        (&first["addendum"], number(&ravi).await, "Test ravi"),
        (&second["addendum"], number(&rita).await, "Test rita"),
    ] {
        let signed = &addendum["signature"];
        let part = |name: &str| signed[name].as_str().unwrap().to_owned();
        assert_eq!(signed["signerName"], name);
        assert_eq!(part("textHash"), sha256(addendum["text"].as_str().unwrap()));
        let at = DateTime::parse_from_rfc3339(&part("signedAt")).unwrap().to_utc();
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let parts = [seal, part("textHash"), part("studyHash"), signer, at];
        seal = sha256(&parts.join("\0"));
        assert_eq!(part("seal"), seal);
    }
    assert_eq!(timeline(&rita, &study).await[..2], ["REPORT_ADDENDUM_CREATED"; 2]);
}

#[tokio::test]
async fn only_verified_reports_get_addenda_and_none_is_empty() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let unverified = create(&rita, &study).await;
    assert_eq!(code(&add(&rita, &unverified, "X").await), "REPORT_UNVERIFIED");
    let report = verified(&rita, &study).await;
    for text in [" \n", &"x".repeat(64 * 1024 + 1), "a\0b"] {
        let refused = add(&rita, &report, text).await;
        assert_eq!(
            (code(&refused), &refused["userErrors"][0]["field"]),
            ("INVALID_TEXT", &json!("text"))
        );
    }
    assert_eq!(
        add(&app.admin().await, &report, "By an administrator.").await["userErrors"],
        json!([])
    );
}

#[tokio::test]
async fn addenda_at_the_same_time_follow_each_other() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let report = verified(&rita, &uploaded(&app, app.centre).await).await;
    let all = futures::future::join_all([&rita, &ravi, &rita, &ravi].map(|client| add(client, &report, "More."))).await;
    let mut numbers: Vec<i64> = all.iter().map(|answer| answer["addendum"]["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[tokio::test]
async fn subscribers_hear_of_an_addendum() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let report = verified(&rita, &study).await;
    let technician = app.technician_of(app.centre).await;
    let query = "subscription($id: ID!) { studyUpdated(id: $id) { kind } }";
    let mut events = technician.subscribe(query, json!({ "id": study })).await;
    assert_eq!(events.next().await.unwrap()["data"]["studyUpdated"]["kind"], "SNAPSHOT");
    add(&rita, &report, "More.").await;
    let told = events.filter(|event| {
        let is = event["data"]["studyUpdated"]["kind"] == "REPORT_ADDENDUM_CREATED";
        futures::future::ready(is)
    });
    assert!(Box::pin(told).next().await.is_some());
}

#[tokio::test]
async fn the_database_itself_keeps_addenda() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let report = verified(&rita, &uploaded(&app, app.centre).await).await;
    add(&rita, &report, "More.").await;
    let db = app.app.db.writer();
    for statement in [
        "UPDATE report_addendum SET text = 'X'",
        "UPDATE report_addendum SET seal = 'X'",
        "DELETE FROM report_addendum",
    ] {
        assert!(db.execute_unprepared(statement).await.is_err(), "{statement}");
    }
}
