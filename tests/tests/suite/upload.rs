//! Uploads that go through, and what becomes of them.

use domain::{Context, studies};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::Write;
use tests::dicom::study;
use tests::{TestApp, corpus};

#[tokio::test]
async fn what_goes_in_is_stored_unchanged() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(5);
    let uploaded = technician.upload(files.clone()).await;
    assert_eq!(uploaded["studies"][0]["numberOfInstances"], 5);
    assert_eq!(uploaded["studies"][0]["numberOfSeries"], 1);
    let id = uploaded["studies"][0]["studyId"].as_str().unwrap();
    let row = studies::study_find(&app.app, &app.system(), id).await.unwrap();
    let series = studies::series_all(&app.app, row.id).await.unwrap();
    let instances = studies::instances_all(&app.app, series[0].id).await.unwrap();
    assert_eq!(instances.len(), files.len());
    for (instance, (_, bytes)) in instances.iter().zip(&files) {
        assert_eq!(
            app.app.storage.get(&instance.object_key).await.unwrap(),
            bytes.as_slice()
        );
    }
}

#[tokio::test]
async fn the_same_bytes_again_change_nothing() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(3);
    let first = technician.upload(files.clone()).await;
    app.run_pending_jobs().await;
    let again = technician.upload(files).await;
    assert_eq!(again["duplicates"], 3);
    assert_eq!(again["studies"], first["studies"]);
    assert_eq!(app.run_pending_jobs().await, 0, "nothing new, no work");
}

#[tokio::test]
async fn other_bytes_under_a_known_uid_are_a_conflict_that_names_both() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(2);
    technician.upload(files.clone()).await;
    let mut changed = files[..1].to_vec();
    *changed[0].1.last_mut().unwrap() ^= 1;
    let answer = technician.upload_answer(changed, None).await;
    let error = &answer["data"]["studyUpload"]["userErrors"][0];
    assert_eq!(error["code"], "INSTANCE_CONFLICT");
    assert_eq!(
        error["message"].as_str().unwrap().matches("SHA-256").count(),
        2,
        "{error}"
    );
}

#[tokio::test]
async fn more_files_of_a_study_join_it() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(6);
    let first = technician.upload(files[..2].to_vec()).await;
    let joined = technician.upload(files[1..].to_vec()).await;
    assert_eq!(joined["studies"][0]["id"], first["studies"][0]["id"]);
    assert_eq!(joined["studies"][0]["numberOfInstances"], 6);
    assert_eq!(joined["duplicates"], 1);
}

#[tokio::test]
async fn simultaneous_uploads_of_one_study_make_one_study() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(16);
    let uploads = files.chunks(2).map(|files| technician.upload(files.to_vec()));
    let answers = futures::future::join_all(uploads).await;
    let ids: std::collections::HashSet<String> =
        answers.iter().map(|answer| answer["studies"][0]["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    let id = answers[0]["studies"][0]["id"].clone();
    let found = technician
        .data(
            "query($id: ID!) { study(id: $id) { numberOfInstances numberOfSeries } }",
            json!({ "id": id }),
        )
        .await;
    assert_eq!(found["study"], json!({ "numberOfInstances": 16, "numberOfSeries": 1 }));
}

#[tokio::test]
async fn two_centres_may_hold_the_same_study_and_never_see_each_other() {
    let app = TestApp::new().await;
    let (north, south) = (
        app.technician_of(app.centre).await,
        app.technician_of(app.other_centre).await,
    );
    let files = study(2);
    let (a, b) = (north.upload(files.clone()).await, south.upload(files).await);
    assert_ne!(a["studies"][0]["id"], b["studies"][0]["id"]);
    let list = "{ studies { nodes { id } } }";
    assert_eq!(
        north.data(list, json!({})).await["studies"]["nodes"],
        json!([{ "id": a["studies"][0]["id"] }])
    );
    assert_eq!(
        south.data(list, json!({})).await["studies"]["nodes"],
        json!([{ "id": b["studies"][0]["id"] }])
    );
}

#[tokio::test]
async fn a_zip_is_taken_apart_and_what_is_not_dicom_is_skipped() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in study(4) {
        archive.start_file(format!("folder/{name}"), options).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.start_file("../../README.txt", options).unwrap();
    archive.write_all(b"not an image").unwrap();
    let bytes = archive.finish().unwrap().into_inner();
    let uploaded = technician.upload(vec![("study.zip".into(), bytes)]).await;
    assert_eq!(uploaded["studies"][0]["numberOfInstances"], 4);
    assert_eq!(uploaded["skipped"].as_array().unwrap().len(), 1);
    assert_eq!(uploaded["skipped"][0]["name"], "study.zip/README.txt");
}

#[tokio::test]
async fn every_file_of_the_corpus_is_taken_and_indexed() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for (name, bytes) in corpus::all() {
        let answer = technician.upload_answer(vec![(name.clone(), bytes)], None).await;
        let payload = &answer["data"]["studyUpload"];
        let error = payload["userErrors"][0]["message"].as_str().unwrap_or_default();
        // Some files of the corpus share UIDs, some have none, some are cut short.
        let told = error.contains("not a DICOM file")
            || error.contains("other bytes")
            || error.contains("UID")
            || error.contains("ends after")
            || error.contains("pixel");
        assert!(payload["studies"][0]["id"].is_string() || told, "{name}: {answer}");
    }
    app.run_pending_jobs().await;
    let dead = app
        .admin()
        .await
        .data(
            "{ jobs(filter: { state: DEAD }, first: 100) { nodes { kind error } } }",
            json!({}),
        )
        .await;
    assert_eq!(dead["jobs"]["nodes"], json!([]));
}

#[tokio::test]
async fn japanese_and_korean_names_are_read() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for (file, expected) in [
        ("chrH31.dcm", "山田^太郎"),
        ("chrI2.dcm", "洪^吉洞"),
        ("chrH32.dcm", "山田^太郎"),
    ] {
        let uploaded = technician.upload(vec![(file.into(), corpus::file(file))]).await;
        let id = uploaded["studies"][0]["id"].clone();
        let found = technician
            .data(
                "query($id: ID!) { study(id: $id) { dicomPatientName } }",
                json!({ "id": id }),
            )
            .await;
        let name = found["study"]["dicomPatientName"].as_str().unwrap();
        assert!(name.contains(expected), "{file}: {name}");
    }
}

#[tokio::test]
async fn a_name_on_the_form_that_is_not_the_files_is_warned_of() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let mutation =
        "mutation($files: [Upload!]!, $name: String) { studyUpload(input: { files: $files, patientName: $name }) {
        studies { patientName patientWarning } userErrors { message } } }";
    for (name, warned) in [
        ("Thorax Phantom", false),
        ("PHANTOM, thorax", false),
        ("Jane Roe", true),
    ] {
        let operations = json!({ "query": mutation, "variables": { "files": [null], "name": name } });
        let (file, bytes) = study(1).remove(0);
        let form = Form::new()
            .text("operations", operations.to_string())
            .text("map", r#"{"0":["variables.files.0"]}"#)
            .part("0", Part::bytes(bytes).file_name(file));
        let answer: Value = technician
            .rest(Method::POST, "/graphql")
            .multipart(form)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let study = &answer["data"]["studyUpload"]["studies"][0];
        assert_eq!(study["patientName"], name, "{answer}");
        assert_eq!(study["patientWarning"].is_string(), warned, "{answer}");
    }
}

#[tokio::test]
async fn files_of_another_patient_under_a_known_study_are_warned_of() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let mut files = study(2);
    let name = b"Phantom^Thorax";
    let at = files[1].1.windows(name.len()).position(|window| window == name).unwrap();
    files[1].1[at..at + name.len()].copy_from_slice(b"Someone^Else  ");
    let first = technician.upload(files[..1].to_vec()).await;
    assert!(first["studies"][0]["patientWarning"].is_null());
    let second = technician.upload(files[1..].to_vec()).await;
    let warning = second["studies"][0]["patientWarning"].as_str().unwrap();
    assert!(
        warning.contains("Else Someone") || warning.contains("Someone"),
        "{warning}"
    );
}

fn form(fields: &[(&str, &str)], files: Vec<(String, Vec<u8>)>, field: &'static str) -> Form {
    let mut form = Form::new();
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    for (name, bytes) in files {
        form = form.part(field, Part::bytes(bytes).file_name(name));
    }
    form
}

const FORM: [(&str, &str); 7] = [
    ("patient_name", "John Doe"),
    ("patient_age", "45"),
    ("patient_gender", "M"),
    ("modality", "ct"),
    ("study_type", "CT Scan - Chest"),
    ("study_description", "Routine chest examination"),
    ("is_urgent", "False"),
];

#[tokio::test]
async fn s2_21_to_26_the_rest_upload_answers_the_study_object() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let request = technician.rest(Method::POST, "/studies/upload").multipart(form(&FORM, study(3), "dicom_files"));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let body: Value = answer.json().await.unwrap();
    let mut keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = [
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
    assert_eq!(keys, expected);
    assert_eq!(
        (&body["status"], &body["num_instances"], &body["patient_age"]),
        (&json!("uploaded"), &json!(3), &json!(45))
    );
    assert_eq!(body["centre_id"], app.centre);
    let code = body["study_id"].as_str().unwrap();
    assert!(code.len() == 8 && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
    assert!(code.bytes().any(|b| b.is_ascii_uppercase()), "S2-24: never a number");
    assert_eq!(body["dicom_files_path"], format!("/storage/Centre North/{code}"));
}

#[tokio::test]
async fn s2_23_and_28_missing_and_wrong_fields_are_named() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let post = |form| technician.rest(Method::POST, "/studies/upload").multipart(form).send();
    for (left_out, kind) in [
        ("patient_name", "value_error.missing"),
        ("modality", "value_error.missing"),
    ] {
        let fields: Vec<_> = FORM.into_iter().filter(|(name, _)| *name != left_out).collect();
        let answer = post(form(&fields, study(1), "dicom_files")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            (&body["detail"][0]["loc"][1], &body["detail"][0]["type"]),
            (&json!(left_out), &json!(kind))
        );
    }
    for (name, value, kind) in [
        ("modality", "cat", "type_error.enum"),
        ("patient_age", "old", "type_error.integer"),
        ("is_urgent", "perhaps", "type_error.bool"),
    ] {
        let mut fields = FORM;
        fields.iter_mut().find(|(field, _)| *field == name).unwrap().1 = value;
        let body: Value = post(form(&fields, study(1), "dicom_files")).await.unwrap().json().await.unwrap();
        assert_eq!(
            (&body["detail"][0]["loc"][1], &body["detail"][0]["type"]),
            (&json!(name), &json!(kind)),
            "{body}"
        );
    }
    let without = post(form(&FORM, vec![], "dicom_files")).await.unwrap();
    assert_eq!(without.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        without.json::<Value>().await.unwrap()["detail"][0]["loc"][1],
        "dicom_files"
    );
}

#[tokio::test]
async fn s2_27_who_uploads_where() {
    let app = TestApp::new().await;
    let radiologist = app.radiologist().await;
    let refused = radiologist.rest(Method::POST, "/studies/upload").multipart(form(&FORM, study(1), "dicom_files"));
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        refused.json::<Value>().await.unwrap(),
        json!({ "detail": "Not authorized to upload studies" })
    );
    let admin = app.admin().await;
    for (centre, expected) in [(None, app.centre), (Some(app.other_centre), app.other_centre)] {
        let mut fields = form(&FORM, study(1), "dicom_files");
        if let Some(centre) = centre {
            fields = fields.text("centre_id", centre.to_string());
        }
        let body: Value = admin
            .rest(Method::POST, "/studies/upload")
            .multipart(fields)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(body["centre_id"], expected, "{body}");
    }
}

#[tokio::test]
async fn s2_29_no_valid_file_is_400_and_stores_nothing() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = vec![("a.dcm".to_owned(), b"this is no image".to_vec())];
    let answer = technician
        .rest(Method::POST, "/studies/upload")
        .multipart(form(&FORM, files, "dicom_files"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(answer.json::<Value>().await.unwrap()["detail"].as_str().unwrap().contains("No valid DICOM file"));
    assert_eq!(
        studies::study_count(&app.app, &Context::system("test"), &Default::default()).await.unwrap(),
        0
    );
    let mut mixed = study(1);
    mixed.push(("b.dcm".to_owned(), b"this is no image".to_vec()));
    let answer = technician
        .rest(Method::POST, "/studies/")
        .multipart(form(&FORM, mixed, "files"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.json::<Value>().await.unwrap()["num_instances"],
        1,
        "S2-31 and what is not DICOM is not counted"
    );
}
