//! Finding studies and their files, assigning them, and their status.

use super::{call, detail, get, keys, number, patch, post};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;
use tests::dicom::study;
use tests::{Client, corpus};

async fn uploaded(client: &Client) -> Value {
    client.upload(study(2)).await;
    let (_, studies) = get(client, "/studies").await;
    studies.as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn s2_32_studies_are_listed_by_place_and_filter() {
    let app = TestApp::new().await;
    let (admin, north) = (app.admin().await, app.technician_of(app.centre).await);
    let south = app.technician_of(app.other_centre).await;
    let (first, second) = (uploaded(&north).await, uploaded(&south).await);
    let ids = |answer: (u16, Value)| -> Vec<i64> {
        assert_eq!(answer.0, 200, "{}", answer.1);
        answer.1.as_array().unwrap().iter().map(|study| study["id"].as_i64().unwrap()).collect()
    };
    let (one, two) = (first["id"].as_i64().unwrap(), second["id"].as_i64().unwrap());
    assert_eq!(ids(get(&admin, "/studies/").await), [one, two]);
    assert_eq!(ids(get(&admin, "/studies?skip=1&limit=5").await), [two]);
    assert_eq!(
        ids(get(&admin, &format!("/studies?centre_id={}", app.centre)).await),
        [one]
    );
    assert_eq!(
        ids(get(&admin, "/studies?status=uploaded&modality=ct").await),
        [one, two]
    );
    assert!(ids(get(&admin, "/studies?status=verified").await).is_empty());
    assert!(ids(get(&admin, "/studies?modality=mri").await).is_empty());
    assert_eq!(ids(get(&admin, "/studies?search=phantom").await), [one, two]);
    assert!(ids(get(&admin, "/studies?search=somebody").await).is_empty());
    let today = chrono::Utc::now().date_naive();
    assert!(ids(get(&admin, &format!("/studies?date_from={}", today + chrono::Days::new(1))).await).is_empty());
    for (query, kind) in [
        ("status=done", "type_error.enum"),
        ("modality=x-ray", "type_error.enum"),
        ("centre_id=north", "type_error.integer"),
        ("date_from=yesterday", "value_error.date"),
    ] {
        let (status, wrong) = get(&admin, &format!("/studies?{query}")).await;
        assert_eq!((status, &wrong["detail"][0]["type"]), (422, &json!(kind)), "{query}");
        assert_eq!(wrong["detail"][0]["loc"][0], "query");
    }
    // S2-33: a centre never sees another one's, whatever it asks for.
    assert_eq!(ids(get(&north, "/studies").await), [one]);
    assert!(ids(get(&north, &format!("/studies?centre_id={}", app.other_centre)).await).is_empty());
    assert_eq!(
        get(&north, &format!("/studies/{two}")).await,
        (403, detail("Not authorized to perform this action"))
    );
}

#[tokio::test]
async fn s2_34_to_36_a_study_is_found_by_its_number_and_its_code() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician).await;
    let (id, code) = (study["id"].as_i64().unwrap(), study["study_id"].as_str().unwrap());
    let documented = [
        "assigned_radiologist_id",
        "centre_id",
        "created_at",
        "created_by_id",
        "dicom_files_path",
        "id",
        "is_urgent",
        "modality",
        "num_instances",
        "patient_age",
        "patient_gender",
        "patient_name",
        "status",
        "study_description",
        "study_id",
        "study_type",
    ];
    assert_eq!(keys(&study), documented);
    for path in [
        format!("/studies/{id}"),
        format!("/studies/{code}"),
        format!("/studies/{}", code.to_lowercase()),
        format!("/studies/study_id/{code}"),
    ] {
        assert_eq!(get(&technician, &path).await, (200, study.clone()), "{path}");
    }
    let missing = (404, detail("Study not found"));
    for path in [
        "/studies/999999",
        "/studies/study_id/ZZZZZZZZ",
        "/studies/study_id/1",
        "/studies/ZZZZZZZZ",
    ] {
        assert_eq!(get(&technician, path).await, missing, "{path}");
    }
    for path in ["/studies/abc", "/studies/1.2.840", "/studies/9223372036854775808"] {
        let (status, wrong) = get(&technician, path).await;
        assert_eq!(status, 422, "{path}");
        let told = json!([{ "loc": ["path", "study_id"], "msg": "value is not a valid integer", "type": "type_error.integer" }]);
        assert_eq!(wrong["detail"], told);
    }
}

#[tokio::test]
async fn s2_37_to_39_a_study_is_assigned_by_body_or_query_and_claimed_without_either() {
    let app = TestApp::new().await;
    let (admin, technician) = (app.admin().await, app.technician_of(app.centre).await);
    let (rita, manager) = (app.radiologist().await, app.manager_of(app.centre).await);
    let reader = number(&rita).await;
    let path = format!("/studies/{}/assign", uploaded(&technician).await["id"]);
    assert_eq!(
        call(&admin, Method::PATCH, &path, None).await,
        (400, detail("Radiologist ID required"))
    );
    assert_eq!(
        patch(&admin, &path, json!({ "radiologist_id": number(&admin).await })).await,
        (404, detail("Radiologist not found"))
    );
    assert_eq!(
        patch(&technician, &path, json!({ "radiologist_id": reader })).await.0,
        403
    );
    assert_eq!(call(&technician, Method::PATCH, &path, None).await.0, 403);
    assert_eq!(
        patch(&rita, &path, json!({ "radiologist_id": number(&manager).await })).await.0,
        403
    );
    let (status, assigned) = patch(&manager, &path, json!({ "radiologist_id": reader.to_string() })).await;
    assert_eq!(status, 200, "{assigned}");
    assert_eq!(
        (&assigned["status"], &assigned["assigned_radiologist_id"]),
        (&json!("assigned"), &json!(reader))
    );
    let path = format!("/studies/{}/assign", uploaded(&technician).await["id"]);
    let (status, by_query) = call(&admin, Method::POST, &format!("{path}?radiologist_id={reader}"), None).await;
    assert_eq!((status, &by_query["assigned_radiologist_id"]), (200, &json!(reader)));
    let path = format!("/studies/{}/assign", uploaded(&technician).await["id"]);
    let (status, claimed) = call(&rita, Method::PATCH, &path, None).await;
    assert_eq!((status, &claimed["assigned_radiologist_id"]), (200, &json!(reader)));
    let (status, wrong) = patch(&admin, &path, json!({ "radiologist_id": "two" })).await;
    assert_eq!(
        (status, &wrong["detail"][0]["loc"]),
        (422, &json!(["body", "radiologist_id"]))
    );
}

#[tokio::test]
async fn s2_96_of_fifty_radiologists_who_claim_one_study_at_once_one_gets_it() {
    let app = TestApp::new().await;
    let path = format!(
        "/studies/{}/assign",
        uploaded(&app.technician_of(app.centre).await).await["id"]
    );
    let mut readers = Vec::new();
    for n in 0..5 {
        readers.push(app.user(&format!("reader{n}"), domain::context::Role::Radiologist, None).await);
    }
    let answers = join_all((0..50).map(|n| call(&readers[n % 5], Method::PATCH, &path, None))).await;
    let got: Vec<&Value> = answers.iter().filter(|(status, _)| *status == 200).map(|(_, study)| study).collect();
    assert_eq!(got.len(), 10, "the one who got it may ask again");
    assert!(got.iter().all(|study| study["assigned_radiologist_id"] == got[0]["assigned_radiologist_id"]));
    let refused = (400, detail("Study already assigned"));
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 40);
}

#[tokio::test]
async fn s2_40_to_41_files_come_back_unchanged_in_the_order_of_upload() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(3);
    technician.upload(files.clone()).await;
    let (_, studies) = get(&technician, "/studies").await;
    let (id, code) = (&studies[0]["id"], studies[0]["study_id"].as_str().unwrap());
    for (n, (_, bytes)) in files.iter().enumerate() {
        for path in [
            format!("/studies/{id}/instance/{n}"),
            format!("/studies/{code}/instances/{n}"),
        ] {
            let answer = technician.rest(Method::GET, &path).send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "application/dicom");
            assert_eq!(&answer.bytes().await.unwrap()[..], &bytes[..], "{path}");
        }
    }
    let range = technician.rest(Method::GET, &format!("/studies/{id}/instance/0")).header("range", "bytes=128-131");
    let range = range.send().await.unwrap();
    assert_eq!(
        (range.status().as_u16(), &range.bytes().await.unwrap()[..]),
        (206, &b"DICM"[..])
    );
    let missing = (404, detail("Instance not found"));
    for n in ["3", "-1", "99999999999"] {
        assert_eq!(
            get(&technician, &format!("/studies/{id}/instance/{n}")).await,
            missing,
            "{n}"
        );
    }
    assert_eq!(get(&technician, &format!("/studies/{id}/instance/first")).await.0, 422);
    let other = app.technician_of(app.other_centre).await;
    assert_eq!(get(&other, &format!("/studies/{id}/instance/0")).await.0, 403);
    let (_, list) = get(&technician, &format!("/studies/{id}/instances")).await;
    assert_eq!(list["study_id"], code);
    assert_eq!(list["instances"].as_array().unwrap().len(), 3);
    let path = format!("/storage/Centre North/{code}/instance_0002.dcm");
    let last = json!({ "instance_number": 2, "file_path": path, "url": format!("/studies/{id}/instance/2") });
    assert_eq!(list["instances"][2], last);
}

#[tokio::test]
async fn s2_28_studies_that_come_without_a_form_have_the_word_of_their_files() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for (file, word) in [
        ("CT_small.dcm", "ct"),
        ("MR_small.dcm", "mri"),
        ("examples_ybr_color.dcm", "ultrasound"),
    ] {
        technician.upload(vec![(file.into(), corpus::file(file))]).await;
        let (_, studies) = get(&technician, "/studies").await;
        assert_eq!(studies.as_array().unwrap().last().unwrap()["modality"], word, "{file}");
    }
}

#[tokio::test]
async fn s2_42_to_43_the_status_goes_forward_by_whom_it_concerns() {
    let app = TestApp::new().await;
    let (admin, technician, rita) = (
        app.admin().await,
        app.technician_of(app.centre).await,
        app.radiologist().await,
    );
    let study = uploaded(&technician).await;
    let (path, id) = (format!("/studies/{}/status", study["id"]), study["id"].clone());
    let status = |client: Client, word: &'static str| {
        let path = format!("{path}?status={word}");
        async move { call(&client, Method::PATCH, &path, None).await }
    };
    assert_eq!(status(rita.clone(), "in_review").await.0, 403, "it is not hers");
    assert_eq!(status(technician.clone(), "in_review").await.0, 403);
    call(&rita, Method::PATCH, &format!("/studies/{id}/assign"), None).await;
    let (code, reviewed) = patch(&rita, &path, json!({ "status": "in_review" })).await;
    assert_eq!((code, &reviewed["status"]), (200, &json!("in_review")));
    assert_eq!(status(rita.clone(), "in_review").await.0, 200, "twice is once");
    for back in ["uploaded", "assigned"] {
        assert_eq!(
            status(admin.clone(), back).await,
            (400, detail("A status only goes forward"))
        );
    }
    for (later, way) in [
        ("report_generated", "a report of it is created"),
        ("verified", "a report of it is verified"),
    ] {
        let (code, refused) = status(admin.clone(), later).await;
        assert_eq!(code, 400);
        assert!(refused["detail"].as_str().unwrap().ends_with(way), "{refused}");
    }
    assert_eq!(status(admin.clone(), "lost").await.0, 422);
    assert_eq!(call(&admin, Method::PATCH, &path, None).await.0, 422);
    let body = json!({ "study_id": id, "findings": "F", "impression": "I" });
    let (_, report) = post(&rita, "/reports/", body).await;
    assert_eq!(
        get(&rita, &format!("/studies/{id}")).await.1["status"],
        "report_generated",
        "S2-47"
    );
    call(&rita, Method::PATCH, &format!("/reports/{}/verify", report["id"]), None).await;
    assert_eq!(get(&rita, &format!("/studies/{id}")).await.1["status"], "verified");
    assert_eq!(status(admin, "in_review").await.0, 400);
}
