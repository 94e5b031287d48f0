//! Reports over REST: created, listed, changed, verified.

use super::{call, detail, get, keys, patch, post};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::dicom::study;
use tests::{Client, TestApp};

async fn study_of(app: &TestApp, centre: i64) -> Value {
    let technician = app.technician_of(centre).await;
    technician.upload(study(1)).await;
    get(&technician, "/studies").await.1.as_array().unwrap().last().unwrap()["id"].clone()
}

async fn report(client: &Client, study: &Value) -> Value {
    let body = json!({ "study_id": study, "findings": "Clear.", "impression": "Normal.",
        "report_type": "Preliminary Report", "is_ai_generated": false });
    let (status, report) = post(client, "/reports/", body).await;
    assert_eq!(status, 200, "{report}");
    report
}

#[tokio::test]
async fn s2_45_to_47_a_report_is_created_as_documented() {
    let app = TestApp::new().await;
    let (rita, study) = (app.radiologist().await, study_of(&app, app.centre).await);
    let report = report(&rita, &study).await;
    let documented = [
        "created_at",
        "findings",
        "id",
        "impression",
        "is_ai_generated",
        "is_verified",
        "report_type",
        "study_id",
        "verified_at",
    ];
    assert_eq!(keys(&report), documented);
    assert_eq!(
        (&report["is_verified"], &report["verified_at"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(
        get(&rita, &format!("/studies/{study}")).await.1["status"],
        "report_generated"
    );
    let bare = json!({ "study_id": study, "findings": "F", "impression": "I" });
    let (_, plain) = post(&app.admin().await, "/reports", bare.clone()).await;
    assert_eq!(
        (&plain["report_type"], &plain["is_ai_generated"]),
        (&Value::Null, &json!(false))
    );
    for client in [app.technician_of(app.centre).await, app.manager_of(app.centre).await] {
        assert_eq!(post(&client, "/reports", bare.clone()).await.0, 403);
    }
    let unknown = json!({ "study_id": 999_999, "findings": "F", "impression": "I" });
    assert_eq!(post(&rita, "/reports", unknown).await, (404, detail("Study not found")));
    let (status, missing) = post(&rita, "/reports", json!({ "findings": "F" })).await;
    let fields: Vec<&Value> = missing["detail"].as_array().unwrap().iter().map(|one| &one["loc"][1]).collect();
    assert_eq!(
        (status, fields),
        (422, vec![&json!("study_id"), &json!("impression")]),
        "all at once"
    );
}

#[tokio::test]
async fn s2_48_to_49_reports_are_listed_and_read_within_the_centre() {
    let app = TestApp::new().await;
    let rita = app.radiologist().await;
    let (here, there) = (study_of(&app, app.centre).await, study_of(&app, app.other_centre).await);
    let (first, second) = (report(&rita, &here).await, report(&rita, &there).await);
    assert_eq!(get(&rita, "/reports/").await.1, json!([first, second]));
    assert_eq!(get(&rita, "/reports?skip=1&limit=1").await.1, json!([second]));
    assert_eq!(get(&rita, &format!("/reports?study_id={here}")).await.1, json!([first]));
    let technician = app.technician_of(app.centre).await;
    assert_eq!(get(&technician, "/reports").await.1, json!([first]));
    assert_eq!(
        get(&technician, &format!("/reports?study_id={there}")).await.1,
        json!([])
    );
    let path = format!("/reports/{}", second["id"]);
    assert_eq!(get(&technician, &path).await.0, 403);
    assert_eq!(get(&rita, &path).await, (200, second));
    assert_eq!(get(&rita, "/reports/999999").await, (404, detail("Report not found")));
}

#[tokio::test]
async fn s2_50_to_53_a_report_is_changed_in_part_and_verified_for_good() {
    let app = TestApp::new().await;
    let (rita, study) = (app.radiologist().await, study_of(&app, app.centre).await);
    let path = format!("/reports/{}", report(&rita, &study).await["id"]);
    let (status, changed) = patch(&rita, &path, json!({ "impression": "Updated impression text" })).await;
    assert_eq!((status, &changed["findings"]), (200, &json!("Clear.")), "S2-52");
    assert_eq!(changed["impression"], "Updated impression text");
    assert_eq!(
        patch(&app.technician_of(app.centre).await, &path, json!({ "findings": "X" })).await.0,
        403
    );
    let verify = format!("{path}/verify");
    assert_eq!(
        call(&app.manager_of(app.centre).await, Method::PATCH, &verify, None).await.0,
        403
    );
    let verified = join_all((0..8).map(|_| call(&rita, Method::PATCH, &verify, None))).await;
    let first = &verified[0].1["verified_at"];
    assert!(first.is_string());
    for (status, report) in &verified {
        assert_eq!(
            (*status, &report["is_verified"], &report["verified_at"]),
            (200, &json!(true), first),
            "S2-51"
        );
    }
    assert_eq!(
        call(&app.admin().await, Method::POST, &verify, None).await.1["verified_at"],
        *first
    );
    let refused = (400, detail("Report is verified; add an addendum"));
    assert_eq!(patch(&rita, &path, json!({ "findings": "X" })).await, refused, "S2-53");
    assert_eq!(get(&rita, &path).await.1["findings"], "Clear.");
}

#[tokio::test]
async fn s2_92_what_makes_no_sense_is_refused_in_words() {
    let app = TestApp::new().await;
    let (rita, study) = (app.radiologist().await, study_of(&app, app.centre).await);
    let empty = json!({ "study_id": study, "findings": " ", "impression": "" });
    let (_, report) = post(&rita, "/reports", empty).await;
    let (status, refused) = call(&rita, Method::PATCH, &format!("/reports/{}/verify", report["id"]), None).await;
    assert_eq!(status, 400);
    assert!(refused["detail"].is_string(), "{refused}");
}

/// naive UTC with microseconds, and no offset.
#[tokio::test]
async fn x_29_times_are_naive_utc_with_microseconds() {
    let app = TestApp::new().await;
    let (rita, study) = (app.radiologist().await, study_of(&app, app.centre).await);
    let text = report(&rita, &study).await["created_at"].as_str().unwrap().to_owned();
    assert_eq!(text.len(), "2025-10-06T17:04:07.089288".len(), "{text}");
    let at = chrono::NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.6f").unwrap().and_utc();
    assert!((chrono::Utc::now() - at).num_seconds().abs() < 60, "{text}");
}
