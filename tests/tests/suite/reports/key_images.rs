//! Key images: chosen while the report is written, settled when it is verified.

use super::{answered, code, create, done, reader, uploaded, verified};
use serde_json::{Value, json};
use tests::{Client, TestApp};

const IMAGES: &str =
    "report { keyImages { totalCount nodes { frame caption url instance { id } } } } userErrors { code field message }";

async fn instance(client: &Client, study: &Value) -> Value {
    let query = "query($id: ID!) { study(id: $id) { series { nodes { instances { nodes { id } } } } } }";
    let found = client.data(query, json!({ "id": study })).await;
    found["study"]["series"]["nodes"][0]["instances"]["nodes"][0]["id"].clone()
}

async fn add(client: &Client, report: &Value, instance: &Value, frame: u32, caption: &str) -> Value {
    let input = json!({ "report": report["id"], "instance": instance, "frame": frame, "caption": caption });
    answered(client, "reportKeyImageAdd", input, IMAGES).await
}

#[tokio::test]
async fn key_images_are_chosen_and_settled_with_the_signature() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let (report, instance) = (create(&rita, &study).await, instance(&rita, &study).await);
    add(&rita, &report, &instance, 0, "A nodule?").await;
    let images = add(&rita, &report, &instance, 0, "A vessel.").await["report"]["keyImages"].clone();
    assert_eq!(
        (
            &images["totalCount"],
            &images["nodes"][0]["caption"],
            &images["nodes"][0]["instance"]["id"]
        ),
        (&json!(1), &json!("A vessel."), &instance)
    );
    let url = images["nodes"][0]["url"].as_str().unwrap();
    let picture = app.anonymous().rest(reqwest::Method::GET, url).send().await.unwrap();
    assert_eq!(picture.status(), 200);
    let frame = json!({ "report": report["id"], "instance": instance, "frame": 0 });
    let none = answered(&rita, "reportKeyImageRemove", frame.clone(), IMAGES).await;
    assert_eq!(none["report"]["keyImages"]["totalCount"], 0);
    add(&rita, &report, &instance, 0, "A nodule.").await;
    done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await;
    assert_eq!(code(&add(&rita, &report, &instance, 0, "X").await), "REPORT_VERIFIED");
    assert_eq!(
        code(&answered(&rita, "reportKeyImageRemove", frame, IMAGES).await),
        "REPORT_VERIFIED"
    );
    app.run_pending_jobs().await;
    let query = "query($id: ID!) { report(id: $id) { pdfUrl keyImages { nodes { caption } } } }";
    let seen = app.technician_of(app.centre).await.data(query, json!({ "id": report["id"] })).await["report"].clone();
    assert_eq!(seen["keyImages"]["nodes"], json!([{ "caption": "A nodule." }]));
    assert!(seen["pdfUrl"].is_string());
}

#[tokio::test]
async fn only_frames_of_the_study_are_key_images_and_not_while_another_one_edits() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let (study, other) = (uploaded(&app, app.centre).await, uploaded(&app, app.centre).await);
    let (own, foreign) = (instance(&rita, &study).await, instance(&rita, &other).await);
    let report = create(&rita, &study).await;
    assert_eq!(code(&add(&rita, &report, &foreign, 0, "").await), "NOT_FOUND");
    assert_eq!(code(&add(&rita, &report, &own, 99, "").await), "OUT_OF_RANGE");
    assert_eq!(code(&add(&rita, &report, &own, 0, "two\nlines").await), "INVALID_TEXT");
    answered(
        &rita,
        "reportLockAcquire",
        json!({ "id": report["id"] }),
        "userErrors { code }",
    )
    .await;
    assert_eq!(code(&add(&ravi, &report, &own, 0, "").await), "REPORT_LOCKED");
    let settled = verified(&rita, &other).await;
    assert_eq!(code(&add(&ravi, &settled, &foreign, 0, "").await), "REPORT_VERIFIED");
}
