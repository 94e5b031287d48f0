//! Analyses over REST: asked for, waited for, reported.

use super::{call, detail, get, keys, patch, post};
use domain::config::Switch;
use imaging::phantom::NODULES;
use reqwest::Method;
use serde_json::{Value, json};
use tests::dicom::{Image, chest, study};
use tests::{Client, TestApp};

/// Number and 8-character id of a study of the centre of `client`.
async fn uploaded(client: &Client, files: Vec<(String, Vec<u8>)>) -> (i64, String) {
    client.upload(files).await;
    let studies = get(client, "/studies?limit=1000").await.1;
    let study = studies.as_array().unwrap().iter().max_by_key(|study| study["id"].as_i64()).unwrap().clone();
    (
        study["id"].as_i64().unwrap(),
        study["study_id"].as_str().unwrap().to_owned(),
    )
}

/// The answer of `analyze-study`, with workers at work meanwhile.
async fn analyzed(app: &TestApp, client: &Client, study: i64) -> (u16, Value) {
    let path = format!("/ai/analyze-study/{study}");
    let mut asked = std::pin::pin!(call(client, Method::POST, &path, None));
    loop {
        tokio::select! {
            answer = &mut asked => return answer,
            _ = app.run_pending_jobs() => tokio::task::yield_now().await,
        }
    }
}

/// S2-55, S2-57.
#[tokio::test]
async fn s2_55_a_study_is_analysed_in_the_background() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let (study, code) = uploaded(&technician, chest(NODULES)).await;
    let asked = call(&technician, Method::POST, &format!("/ai/process-study/{study}"), None).await;
    assert_eq!(
        asked,
        (200, json!({ "message": "AI processing triggered", "study_id": code }))
    );
    let report = format!("/ai/report/{study}");
    assert_eq!(get(&technician, &report).await, (404, detail("AI report not found")));
    app.run_pending_jobs().await;
    let (status, found) = get(&technician, &report).await;
    assert_eq!(status, 200, "{found}");
    let listed = get(&technician, &format!("/reports?study_id={study}")).await.1;
    assert_eq!(listed, json!([found]));
    assert_eq!(
        get(&technician, &format!("/ai/report/{code}")).await.1,
        found,
        "by its 8-character id"
    );
}

/// S2-56, S2-67.
#[tokio::test]
async fn s2_56_those_analyse_who_may_and_read_who_may_see_the_study() {
    let app = TestApp::with(|config| config.analysis_wait_seconds = 0).await;
    let (study, _) = uploaded(&app.technician_of(app.centre).await, study(1)).await;
    let forbidden = [
        app.manager_of(app.centre).await,
        app.technician_of(app.other_centre).await,
    ];
    for client in &forbidden {
        for path in ["process-study", "analyze-study"] {
            let asked = call(client, Method::POST, &format!("/ai/{path}/{study}"), None).await;
            assert_eq!(asked.0, 403, "{path}: {}", asked.1);
        }
    }
    assert_eq!(get(&forbidden[1], &format!("/ai/report/{study}")).await.0, 403);
    for client in [
        app.admin().await,
        app.radiologist().await,
        app.technician_of(app.centre).await,
    ] {
        assert_eq!(
            call(&client, Method::POST, &format!("/ai/process-study/{study}"), None).await.0,
            200
        );
        assert_eq!(
            call(&client, Method::POST, "/ai/process-study/999999", None).await,
            (404, detail("Study not found"))
        );
        assert_eq!(
            call(&client, Method::POST, "/ai/analyze-study/999999", None).await.0,
            404
        );
        assert_eq!(
            get(&client, "/ai/report/999999").await,
            (404, detail("Study not found"))
        );
    }
    assert_eq!(
        call(
            &app.anonymous(),
            Method::POST,
            &format!("/ai/process-study/{study}"),
            None
        )
        .await
        .0,
        401
    );
}

/// S2-54, S2-58, S2-65.
#[tokio::test]
async fn s2_58_a_second_run_replaces_the_texts_until_a_radiologist_takes_the_report_over() {
    let app = TestApp::new().await;
    let rita = app.radiologist().await;
    let (study, _) = uploaded(&app.technician_of(app.centre).await, chest(NODULES)).await;
    let run = async || {
        call(&rita, Method::POST, &format!("/ai/process-study/{study}"), None).await;
        app.run_pending_jobs().await;
        get(&rita, &format!("/ai/report/{study}")).await.1
    };
    let status = get(&rita, &format!("/studies/{study}")).await.1["status"].clone();
    let first = run().await;
    assert_eq!(
        (&first["is_ai_generated"], &first["is_verified"], &first["report_type"]),
        (&json!(true), &json!(false), &json!("AI Preliminary Report"))
    );
    let findings = first["findings"].as_str().unwrap();
    assert!(
        findings.contains("unverified aid") && findings.contains("lung"),
        "{findings}"
    );
    assert_eq!(
        get(&rita, &format!("/studies/{study}")).await.1["status"],
        status,
        "the status stays"
    );

    // Another series of the study changes what there is to say.
    let (name, more) = more_of(&app, study).await;
    app.technician_of(app.centre).await.upload(vec![(name, more)]).await;
    let second = run().await;
    assert_eq!(second["id"], first["id"], "one report");
    assert_ne!(second["findings"], first["findings"]);
    assert!(
        second["findings"].as_str().unwrap().contains("Not analysed: "),
        "{second}"
    );
    assert_eq!(
        get(&rita, &format!("/reports?study_id={study}")).await.1.as_array().unwrap().len(),
        1
    );

    let edit = json!({ "impression": "Mine." });
    assert_eq!(patch(&rita, &format!("/reports/{}", first["id"]), edit).await.0, 200);
    let third = run().await;
    assert_eq!(
        (&third["id"], &third["impression"]),
        (&first["id"], &json!("Mine.")),
        "her text stays"
    );
}

/// A slice of another series of a study.
async fn more_of(app: &TestApp, study: i64) -> (String, Vec<u8>) {
    let study = domain::studies::study_get(&app.app, &app.system(), study).await.unwrap();
    let image = Image {
        study: study.study_instance_uid,
        ..Image::grey(32, 32, 16)
    };
    ("more.dcm".into(), image.file(&image.noise(1)))
}

/// S2-59..63.
#[tokio::test]
async fn s2_59_to_63_an_analysis_that_is_waited_for_answers_as_documented() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let (study, _) = uploaded(&technician, chest(NODULES)).await;
    let (status, answer) = analyzed(&app, &technician, study).await;
    assert_eq!(status, 200, "{answer}");
    let documented = [
        "analysis_complete",
        "anatomical_structures",
        "pathology_findings",
        "preprocessing",
        "study_id",
        "torchio_processing",
    ];
    assert_eq!(keys(&answer), documented);
    assert_eq!(
        (&answer["study_id"], &answer["analysis_complete"]),
        (&json!(study), &json!(true))
    );
    assert_eq!(
        answer["preprocessing"],
        json!({ "success": true, "image_shape": [1, 256, 256], "device": "cpu" })
    );
    let anatomy = &answer["anatomical_structures"];
    let regions = anatomy["structures"].as_array().unwrap();
    assert_eq!(
        (&anatomy["success"], &anatomy["processed_shape"]),
        (&json!(true), &json!([256, 256]))
    );
    assert!((1..=5).contains(&regions.len()) && anatomy["structures_detected"] == regions.len());
    for region in regions {
        assert_eq!(keys(region), ["area", "bbox", "centroid", "eccentricity"]);
        assert!(region["area"].as_u64().unwrap() > 100, "{region}");
        let bbox: Vec<u64> = region["bbox"].as_array().unwrap().iter().map(|edge| edge.as_u64().unwrap()).collect();
        let inside =
            |centre: &Value, low: u64, high: u64| (low as f64..=high as f64).contains(&centre.as_f64().unwrap());
        assert!(inside(&region["centroid"][0], bbox[0], bbox[2]) && inside(&region["centroid"][1], bbox[1], bbox[3]));
        assert!((0.0..=1.0).contains(&region["eccentricity"].as_f64().unwrap()));
    }
    let pathology = &answer["pathology_findings"];
    assert_eq!(
        (&pathology["success"], &pathology["modality"]),
        (&json!(true), &json!("CT"))
    );
    let nodule = pathology["findings"].as_array().unwrap().iter().find(|finding| finding["type"] == "lung_nodule");
    let nodule = nodule.unwrap_or_else(|| panic!("the largest nodule: {pathology}"));
    assert_eq!(keys(nodule), ["confidence", "description", "location", "type"]);
    assert!(
        nodule["location"].as_str().unwrap().starts_with("right lung"),
        "{nodule}"
    );
    assert_eq!(
        keys(&pathology["statistics"]),
        [
            "high_intensity_pixels",
            "low_intensity_pixels",
            "mean_intensity",
            "std_intensity"
        ]
    );
    let spatial = &answer["torchio_processing"];
    assert_eq!(
        (
            &spatial["success"],
            &spatial["processed_shape"],
            &spatial["orientation"]
        ),
        (&json!(true), &json!([1, 256, 256, 1]), &json!("LPS"))
    );
    assert_eq!(spatial["spatial_shape"].as_array().unwrap().len(), 3);
    assert!(spatial["spacing"].as_array().unwrap().iter().all(|mm| mm.as_f64().unwrap() > 0.0));
}

/// S2-62: nothing is found where nothing is.
#[tokio::test]
async fn s2_62_a_chest_without_nodules_has_no_findings() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let (study, _) = uploaded(&technician, chest(&[])).await;
    let (status, answer) = analyzed(&app, &technician, study).await;
    assert_eq!(
        (status, &answer["pathology_findings"]["findings"]),
        (200, &json!([])),
        "{answer}"
    );
    let report = get(&technician, &format!("/ai/report/{study}")).await.1;
    assert!(!report["impression"].as_str().unwrap().contains("normal"), "{report}");
}

#[tokio::test]
async fn s2_64_what_cannot_be_analysed_says_why() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    // No geometry: the slices make no volume.
    let (flat, _) = uploaded(&technician, tests::dicom::noisy(3, 32).collect()).await;
    let (status, answer) = analyzed(&app, &technician, flat).await;
    let told = answer["detail"].as_str().unwrap_or_default();
    assert!(
        status == 500 && told.starts_with("Preprocessing failed: ") && told.contains("position"),
        "{answer}"
    );
    // Nothing that software reads.
    let (text, _) = uploaded(&technician, vec![("sr.dcm".into(), tests::corpus::file("test-SR.dcm"))]).await;
    assert_eq!(
        analyzed(&app, &technician, text).await,
        (404, detail("DICOM files not found"))
    );
    // A radiograph without a scale has no place in space; the other stages do their work.
    let radiograph = Image {
        modality: "DX",
        ..Image::grey(64, 64, 16)
    };
    let file = radiograph.file(&radiograph.noise(1));
    let (unscaled, _) = uploaded(&technician, vec![("dx.dcm".into(), file)]).await;
    let (status, answer) = analyzed(&app, &technician, unscaled).await;
    assert_eq!(
        (status, &answer["preprocessing"]["success"]),
        (200, &json!(true)),
        "{answer}"
    );
    let failed = json!({ "success": false, "error": "the images do not say how large their pixels are" });
    assert_eq!(
        (&answer["torchio_processing"], &answer["pathology_findings"]["success"]),
        (&failed, &json!(true))
    );
}

#[tokio::test]
async fn an_analysis_that_takes_longer_than_a_request_waits_goes_on_in_the_background() {
    let app = TestApp::with(|config| config.analysis_wait_seconds = 0).await;
    let technician = app.technician_of(app.centre).await;
    let (study, code) = uploaded(&technician, study(1)).await;
    let asked = call(&technician, Method::POST, &format!("/ai/analyze-study/{study}"), None).await;
    let going_on = json!({ "message": "AI processing goes on in the background", "study_id": code });
    assert_eq!(asked, (202, going_on));
    app.run_pending_jobs().await;
    let jobs = technician.data("{ jobs { nodes { kind state } } }", json!({})).await;
    let jobs = jobs["jobs"]["nodes"].as_array().unwrap();
    assert!(
        jobs.contains(&json!({ "kind": "ANALYZE_STUDY", "state": "SUCCEEDED" })),
        "{jobs:?}"
    );
}

#[tokio::test]
async fn s2_66_without_an_engine_ai_says_so_and_everything_else_works() {
    let app = TestApp::with(|config| config.ai = Switch::Off).await;
    let admin = app.admin().await;
    let away = (
        503,
        detail("AI functionality not available. AI dependencies not installed."),
    );
    for (method, path) in [
        (Method::POST, "/ai/process-study/1"),
        (Method::POST, "/ai/analyze-study/1"),
        (Method::GET, "/ai/report/1"),
    ] {
        assert_eq!(call(&admin, method, path, None).await, away, "{path}");
    }
    assert_eq!(get(&admin, "/studies").await.0, 200);
    let (study, _) = uploaded(&app.technician_of(app.centre).await, study(1)).await;
    let report = json!({ "study_id": study, "findings": "F", "impression": "I" });
    assert_eq!(post(&admin, "/reports", report).await.0, 200);
}
