//! A signature covers the text and the study as it was.

use super::{create, done, reader, sha256, uploaded, verified};
use entity::instance;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tests::dicom::study;
use tests::{Client, TestApp};

const SIGNATURE: &str =
    "query($id: ID!) { report(id: $id) { signature { signer { fullName } signerName signedAt textHash studyHash
    numberOfInstances seal isStudyUnchanged laterInstances } } }";

async fn signature(client: &Client, report: &Value) -> Value {
    client.data(SIGNATURE, json!({ "id": report["id"] })).await["report"]["signature"].clone()
}

#[tokio::test]
async fn s2_50_s2_93_a_signature_says_who_signed_when_and_over_which_text_and_study() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let technician = app.technician_of(app.centre).await;
    let files = study(3);
    let uploaded = technician.upload(files.clone()).await["studies"][0]["id"].clone();
    let report = create(&rita, &uploaded).await;
    assert_eq!(signature(&rita, &report).await, Value::Null, "unverified");
    let report = done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await["report"].clone();

    let mut lines: Vec<String> = instance::Entity::find()
        .all(app.app.db.reader())
        .await
        .unwrap()
        .into_iter()
        .map(|row| format!("{} {}\n", row.sop_instance_uid, row.sha256))
        .collect();
    lines.sort();
    let me = rita.data("{ me { number } }", json!({})).await["me"]["number"].clone();
    let signed = signature(&technician, &report).await;
    let text = sha256("No nodule.\0Normal.\0Final Report");
    let study_hash = sha256(&lines.concat());
    let at = chrono::DateTime::parse_from_rfc3339(signed["signedAt"].as_str().unwrap()).unwrap();
    let at = at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let expected = json!({
        "signer": { "fullName": "Test rita" }, "signerName": "Test rita", "signedAt": report["verifiedAt"],
        "textHash": text, "studyHash": study_hash, "numberOfInstances": 3,
        "seal": sha256(&format!("\0{text}\0{study_hash}\0{me}\0{at}")),
        "isStudyUnchanged": true, "laterInstances": 0,
    });
    assert_eq!(signed, expected);
}

#[tokio::test]
async fn files_that_come_after_the_signature_are_told() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let technician = app.technician_of(app.centre).await;
    let mut files = study(3);
    let later = files.split_off(1);
    let uploaded = technician.upload(files).await["studies"][0]["id"].clone();
    let report = verified(&rita, &uploaded).await;
    technician.upload(later).await;
    let signed = signature(&rita, &report).await;
    assert_eq!(
        (
            &signed["isStudyUnchanged"],
            &signed["numberOfInstances"],
            &signed["laterInstances"]
        ),
        (&json!(false), &json!(1), &json!(2)),
        "{signed}"
    );
}

#[tokio::test]
async fn a_file_that_was_exchanged_in_the_database_is_told() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let report = verified(&rita, &uploaded(&app, app.centre).await).await;
    let row = instance::Entity::find().one(app.app.db.reader()).await.unwrap().unwrap();
    let exchanged = instance::Entity::update_many()
        .col_expr(
            instance::Column::Sha256,
            sea_orm::sea_query::Expr::value("0".repeat(64)),
        )
        .filter(instance::Column::Id.eq(row.id));
    exchanged.exec(app.app.db.writer()).await.unwrap();
    let signed = signature(&rita, &report).await;
    assert_eq!(
        (&signed["isStudyUnchanged"], &signed["laterInstances"]),
        (&json!(false), &json!(0)),
        "{signed}"
    );
}

#[tokio::test]
async fn s2_93_who_wrote_and_who_verified_are_kept_apart() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let report = create(&rita, &uploaded(&app, app.centre).await).await;
    let report = done(&ravi, "reportVerify", json!({ "id": report["id"], "version": 1 })).await["report"].clone();
    assert_eq!(
        (&report["createdBy"]["fullName"], &report["verifiedBy"]["fullName"]),
        (&json!("Test rita"), &json!("Test ravi"))
    );
    let row = entity::report::Entity::find().one(app.app.db.reader()).await.unwrap().unwrap();
    let number = async |client: &Client| client.data("{ me { number } }", json!({})).await["me"]["number"].as_i64();
    assert_eq!(row.created_by_id, number(&rita).await);
    assert_eq!(row.verified_by_id, number(&ravi).await);
}

#[tokio::test]
async fn the_database_itself_keeps_a_signature() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    verified(&rita, &uploaded(&app, app.centre).await).await;
    let db = app.app.db.writer();
    for statement in [
        "UPDATE report SET study_hash = 'x'",
        "UPDATE report SET signed_instances = 9",
        "UPDATE report SET seal = NULL",
    ] {
        assert!(db.execute_unprepared(statement).await.is_err(), "{statement}");
    }
}
