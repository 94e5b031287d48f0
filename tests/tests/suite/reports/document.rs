//! The PDF of a verified report.

use super::{answered, create, done, reader, timeline, uploaded, verified};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{Client, TestApp};

async fn url(client: &Client, report: &Value) -> Value {
    let query = "query($id: ID!) { report(id: $id) { pdfUrl } }";
    client.data(query, json!({ "id": report["id"] })).await["report"]["pdfUrl"].clone()
}

/// What an address answers to whoever has it and nothing else.
async fn fetched(app: &TestApp, url: &Value) -> (u16, String, Vec<u8>) {
    let path = url.as_str().unwrap();
    let answer = app.anonymous().rest(reqwest::Method::GET, path).send().await.unwrap();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    (
        answer.status().as_u16(),
        kind.unwrap_or_default(),
        answer.bytes().await.unwrap().to_vec(),
    )
}

#[tokio::test]
async fn a_verified_report_gets_a_pdf_and_a_new_one_with_each_addendum() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let report = create(&rita, &study).await;
    assert_eq!(url(&rita, &report).await, Value::Null, "unverified");
    done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await;
    assert_eq!(url(&rita, &report).await, Value::Null, "not made yet");
    app.run_pending_jobs().await;

    let technician = app.technician_of(app.centre).await;
    let first = url(&technician, &report).await;
    let (status, kind, bytes) = fetched(&app, &first).await;
    assert_eq!((status, kind.as_str()), (200, "application/pdf"));
    assert!(bytes.starts_with(b"%PDF-"), "{} bytes", bytes.len());
    let row = entity::report_document::Entity::find().one(app.app.db.reader()).await.unwrap().unwrap();
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((row.sha256, row.addenda), (hash, 0));
    assert!(timeline(&rita, &study).await.contains(&"REPORT_DOCUMENT_MADE".to_owned()));

    let input = json!({ "id": report["id"], "text": "Told to the ward." });
    answered(&rita, "reportAddendumCreate", input, "userErrors { code }").await;
    assert_eq!(
        url(&rita, &report).await,
        Value::Null,
        "the one without the addendum is no longer offered"
    );
    app.run_pending_jobs().await;
    let second = url(&technician, &report).await;
    assert_ne!(second, first);
    let (_, _, with_addendum) = fetched(&app, &second).await;
    assert_ne!(with_addendum, bytes);
    assert_eq!(fetched(&app, &first).await.2, bytes, "the first one stays as it was");
    if let Ok(folder) = std::env::var("GANTRY_TEST_KEEP") {
        std::fs::write(std::path::Path::new(&folder).join("report.pdf"), with_addendum).unwrap();
    }
}

#[tokio::test]
async fn addresses_of_pdfs_are_signed_and_of_ones_own_centre() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let report = verified(&rita, &uploaded(&app, app.centre).await).await;
    app.run_pending_jobs().await;
    let signed = url(&rita, &report).await.as_str().unwrap().to_owned();
    let plain = signed.split('?').next().unwrap().to_owned();
    let status = |client: Client, path: String| async move {
        client.rest(reqwest::Method::GET, &path).send().await.unwrap().status().as_u16()
    };
    let forged = signed.replace("/documents/0", "/documents/1");
    assert_eq!(status(app.anonymous(), forged).await, 401);
    assert_eq!(status(app.anonymous(), plain.clone()).await, 401);
    assert_eq!(status(app.technician_of(app.centre).await, plain.clone()).await, 200);
    assert_eq!(
        status(app.technician_of(app.other_centre).await, plain.clone()).await,
        404
    );
    let unmade = plain.replace("/documents/0", "/documents/7");
    assert_eq!(status(app.technician_of(app.centre).await, unmade).await, 404);
}

#[tokio::test]
async fn the_longest_texts_in_any_script_are_set() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let input = json!({ "study": study, "findings": "Lunge frei. Лёгкие чистые. ".repeat(1_300), "impression": "x".repeat(64 * 1024) });
    let report = done(&rita, "reportCreate", input).await["report"].clone();
    done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await;
    app.run_pending_jobs().await;
    let (status, _, bytes) = fetched(&app, &url(&rita, &report).await).await;
    assert_eq!(status, 200);
    assert!(bytes.starts_with(b"%PDF-"));
}
