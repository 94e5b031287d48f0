//! Analyses: rows, pictures and DICOM objects, by one job, once.

use imaging::phantom::NODULES;
use serde_json::{Value, json};
use tests::dicom::{self, Image, chest};
use tests::{Client, TestApp};

const ANALYSES: &str = "query($id: ID!) { study(id: $id) { status numberOfInstances
    series { nodes { modality seriesNumber description instances { nodes { sopInstanceUid fileUrl } } } }
    analyses { totalCount nodes { id series { modality } model modelVersion weightsHash inputHash error warnings
      structures { name code volumeMl mean method { name source } } findings { kind location position diameterMm confidence }
      measurements { name value unit } overlayUrl overlayColours { label colour } segmentationUid structuredReportUid } } } }";

async fn analyze(app: &TestApp, client: &Client, study: &Value) -> Value {
    let asked = client
        .data(
            "mutation($id: ID!) { studyAnalyze(input: { id: $id }) { job { kind state } userErrors { code message } } }",
            json!({ "id": study }),
        )
        .await["studyAnalyze"]
        .clone();
    assert_eq!(
        asked,
        json!({ "job": { "kind": "ANALYZE_STUDY", "state": "PENDING" }, "userErrors": [] })
    );
    app.run_pending_jobs().await;
    client.data(ANALYSES, json!({ "id": study })).await["study"].clone()
}

async fn uploaded(client: &Client, files: Vec<(String, Vec<u8>)>) -> Value {
    client.upload(files).await["studies"][0]["id"].clone()
}

#[tokio::test]
async fn an_analysis_leaves_results_a_picture_and_dicom_objects_of_the_study() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician, chest(NODULES)).await;
    let found = analyze(&app, &technician, &study).await;
    let analysis = &found["analyses"]["nodes"][0];
    assert_eq!(
        (&found["analyses"]["totalCount"], &analysis["model"], &analysis["error"]),
        (&json!(1), &json!("gantry"), &Value::Null)
    );
    assert_eq!(analysis["inputHash"].as_str().unwrap().len(), 64);
    let structures = analysis["structures"].as_array().unwrap();
    let lungs = structures
        .iter()
        .filter(|one| ["44029006", "3341006"].contains(&one["code"].as_str().unwrap_or_default()));
    let litres: f64 = lungs.map(|lung| lung["volumeMl"].as_f64().unwrap() / 1000.0).sum();
    assert!((1.5..6.0).contains(&litres), "{litres} l of lungs");
    let nodule = &analysis["findings"][0];
    assert_eq!(nodule["kind"], "lung_nodule");
    let place: Vec<f64> = nodule["position"].as_array().unwrap().iter().map(|mm| mm.as_f64().unwrap()).collect();
    let (made, _) = NODULES[0];
    assert!(
        (0..3).all(|axis| (place[axis] - made[axis]).abs() < 4.0),
        "{place:?} instead of {made:?}"
    );

    let picture = app
        .anonymous()
        .rest(reqwest::Method::GET, analysis["overlayUrl"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (picture.status().as_u16(), &picture.headers()["content-type"]),
        (200, &"image/png".parse().unwrap())
    );
    let bytes = picture.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 10_000);
    assert!(analysis["overlayColours"].as_array().unwrap().iter().any(|colour| colour["label"] == "left lung"));

    let series = found["series"]["nodes"].as_array().unwrap();
    let of = |modality: &str| {
        &series.iter().find(|series| series["modality"] == modality).unwrap()["instances"]["nodes"][0]["sopInstanceUid"]
    };
    assert_eq!(
        (of("SEG"), of("SR")),
        (&analysis["segmentationUid"], &analysis["structuredReportUid"])
    );
    assert_eq!(found["status"], "UPLOADED", "it is no step in the life of the study");
}

#[tokio::test]
async fn the_same_analysis_again_changes_nothing_and_loops_never() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let centre = admin.data("{ centres { nodes { id number } } }", json!({})).await;
    let centre = centre["centres"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["number"] == app.centre)
        .unwrap()["id"]
        .clone();
    let wish = "mutation($id: ID!) { centreUpdate(input: { id: $id, autoAnalyze: true }) { centre { autoAnalyze } } }";
    assert_eq!(
        admin.data(wish, json!({ "id": centre })).await["centreUpdate"]["centre"]["autoAnalyze"],
        true
    );
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician, chest(&[])).await;
    app.run_pending_jobs().await;
    let first = technician.data(ANALYSES, json!({ "id": study })).await["study"].clone();
    assert_eq!(
        (
            &first["analyses"]["totalCount"],
            &first["analyses"]["nodes"][0]["findings"]
        ),
        (&json!(1), &json!([]))
    );
    let jobs = "query($id: ID!) { study(id: $id) { jobs(first: 100) { nodes { kind state } } reports { nodes { versions { totalCount } } } } }";
    let before = technician.data(jobs, json!({ "id": study })).await["study"].clone();
    let analyses = |study: &Value| {
        study["jobs"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|job| job["kind"] == "ANALYZE_STUDY")
            .count()
    };
    assert_eq!(analyses(&before), 1, "what an analysis stores is not analysed");

    let mut second = analyze(&app, &technician, &study).await;
    let (new, old) = (
        second["analyses"]["nodes"][0].take(),
        first["analyses"]["nodes"][0].clone(),
    );
    for same in [
        "inputHash",
        "structures",
        "measurements",
        "segmentationUid",
        "structuredReportUid",
    ] {
        assert_eq!(new[same], old[same], "{same}");
    }
    assert_eq!(
        second["numberOfInstances"], first["numberOfInstances"],
        "the same objects are stored once"
    );
    let after = technician.data(jobs, json!({ "id": study })).await["study"].clone();
    assert_eq!(after["reports"], before["reports"], "the same text is no new version");
    // Another centre wants none.
    let other = app.technician_of(app.other_centre).await;
    let theirs = uploaded(&other, dicom::study(1)).await;
    app.run_pending_jobs().await;
    assert_eq!(analyses(&other.data(jobs, json!({ "id": theirs })).await["study"]), 0);
}

#[tokio::test]
async fn every_series_is_analysed_and_one_that_cannot_be_says_why() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let (mr, ct) = (tests::corpus::file("MR_small.dcm"), Image::grey(16, 16, 16));
    let study = uploaded(&technician, vec![("mr.dcm".into(), mr)]).await;
    let uid = domain::studies::study_find(&app.app, &app.system(), &study_id(&technician, &study).await)
        .await
        .unwrap()
        .study_instance_uid;
    let flat = Image { study: uid, ..ct };
    technician.upload(vec![("ct.dcm".into(), flat.file(&flat.noise(3)))]).await;
    let found = analyze(&app, &technician, &study).await;
    let analyses = found["analyses"]["nodes"].as_array().unwrap();
    let of = |modality: &str| analyses.iter().find(|one| one["series"]["modality"] == modality).unwrap();
    assert_eq!((analyses.len(), &of("MR")["error"]), (2, &Value::Null));
    let told = of("CT")["error"].as_str().unwrap();
    assert!(told.contains("no image has a usable position"), "{told}");
    assert_eq!(
        (&of("CT")["structures"], &of("CT")["overlayUrl"]),
        (&json!([]), &Value::Null)
    );
}

async fn study_id(client: &Client, study: &Value) -> String {
    client.data("query($id: ID!) { study(id: $id) { studyId } }", json!({ "id": study })).await["study"]["studyId"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_verified_report_of_the_software_stays_and_no_second_one_is_written() {
    let app = TestApp::new().await;
    let (rita, technician) = (app.radiologist().await, app.technician_of(app.centre).await);
    let study = uploaded(&technician, chest(NODULES)).await;
    analyze(&app, &technician, &study).await;
    let reports = "query($id: ID!) { study(id: $id) { reports { nodes { id version isAiGenerated isVerified impression createdBy { id } } } } }";
    let report = rita.data(reports, json!({ "id": study })).await["study"]["reports"]["nodes"][0].clone();
    assert_eq!(
        (&report["isAiGenerated"], &report["createdBy"]),
        (&json!(true), &Value::Null)
    );
    let verify = "mutation($id: ID!) { reportVerify(input: { id: $id, version: 1 }) { report { isVerified } userErrors { code } } }";
    assert_eq!(
        rita.data(verify, json!({ "id": report["id"] })).await["reportVerify"]["report"]["isVerified"],
        true
    );
    analyze(&app, &technician, &study).await;
    let after = rita.data(reports, json!({ "id": study })).await["study"]["reports"]["nodes"].clone();
    assert_eq!(
        (after.as_array().unwrap().len(), &after[0]["impression"]),
        (1, &report["impression"])
    );
}

/// One of the networks that the tests of `inference` use, where the server finds it.
fn install(app: &TestApp, name: &str) {
    let network = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../inference/tests/models").join(name);
    inference::add(&app.app.config.models_dir(), &network).unwrap();
}

#[tokio::test]
async fn a_model_is_asked_beside_the_engine_and_keeps_its_name_version_and_hashes() {
    let app = TestApp::new().await;
    install(&app, "dense");
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician, chest(&[])).await;
    let found = analyze(&app, &technician, &study).await;
    let analyses = found["analyses"]["nodes"].as_array().unwrap();
    let of = |model: &str| analyses.iter().find(|one| one["model"] == model).unwrap();
    let (engine, model) = (of("gantry"), of("dense"));
    assert_eq!(
        (&model["error"], &model["modelVersion"], &model["inputHash"]),
        (&Value::Null, &json!("1.0.0"), &engine["inputHash"])
    );
    assert_eq!(
        model["weightsHash"],
        json!("7790ddd22a66caff05513d89067f629096811d3756336030de67c5a461b24b2d")
    );
    assert_eq!(engine["findings"], json!([]));
    let names: Vec<&Value> = model["structures"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["soft tissue", "dense tissue"]);
    assert!(
        model["structures"][0]["method"]["name"].as_str().unwrap().contains("dense 1.0.0"),
        "{model}"
    );
    // Both stored their own objects, and the report tells who said what.
    assert_ne!(model["segmentationUid"], engine["segmentationUid"]);
    let segmentations = found["series"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|series| series["modality"] == "SEG")
        .count();
    assert_eq!(segmentations, 2);
    let report =
        app.radiologist().await.data(REPORT, json!({ "id": study })).await["study"]["reports"]["nodes"][0].clone();
    assert!(
        report["findings"].as_str().unwrap().contains("Series 1, model dense 1.0.0"),
        "{report}"
    );
}

const REPORT: &str = "query($id: ID!) { study(id: $id) { reports { nodes { findings } } } }";

#[tokio::test]
async fn a_model_that_cannot_be_run_says_why_and_stops_nothing() {
    let app = TestApp::new().await;
    install(&app, "dense");
    let weights = app.app.config.models_dir().join("dense/1.0.0/model.onnx");
    std::fs::write(weights, b"not these").unwrap();
    let broken = app.app.config.models_dir().join("broken/1.0.0");
    std::fs::create_dir_all(&broken).unwrap();
    std::fs::write(broken.join("model.toml"), b"name = 7").unwrap();
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician, chest(&[])).await;
    let found = analyze(&app, &technician, &study).await;
    let analyses = found["analyses"]["nodes"].as_array().unwrap();
    assert_eq!(analyses.len(), 2);
    let of = |model: &str| analyses.iter().find(|one| one["model"] == model).unwrap();
    assert_eq!(of("gantry")["error"], Value::Null);
    assert!(
        of("dense")["error"].as_str().unwrap().contains("not the file that the manifest names"),
        "{}",
        of("dense")
    );
}

#[tokio::test]
async fn a_server_of_models_that_is_away_is_waited_for() {
    let app = TestApp::new().await;
    install(&app, "dense");
    let folder = app.app.config.models_dir().join("dense/1.0.0");
    let manifest = std::fs::read_to_string(folder.join("model.toml")).unwrap();
    let (before, rest) = manifest.split_once("[engine]").unwrap();
    let (_, after) = rest.split_once("[input]").unwrap();
    let away = "[engine]\nkind = \"kserve\"\nurl = \"http://127.0.0.1:1\"\nmodel = \"dense\"\n";
    std::fs::write(folder.join("model.toml"), format!("{before}{away}\n[input]{after}")).unwrap();
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician, chest(&[])).await;
    assert_eq!(analyze(&app, &technician, &study).await["analyses"]["totalCount"], 0);
    let jobs = "query($id: ID!) { study(id: $id) { jobs { nodes { kind state error } } } }";
    let jobs = technician.data(jobs, json!({ "id": study })).await["study"]["jobs"]["nodes"].clone();
    let job = jobs.as_array().unwrap().iter().find(|job| job["kind"] == "ANALYZE_STUDY").unwrap();
    assert_eq!(job["state"], "PENDING");
    assert!(
        job["error"].as_str().unwrap().contains("inference server cannot be used now"),
        "{job}"
    );
}

/// Networks on other hardware round differently: what was stored before is no hindrance.
#[tokio::test]
async fn another_answer_of_the_same_model_is_stored_beside_the_first() {
    let app = TestApp::new().await;
    install(&app, "dense");
    let technician = app.technician_of(app.centre).await;
    let study = uploaded(&technician, chest(&[])).await;
    let model = |found: &Value| {
        let analyses = found["analyses"]["nodes"].as_array().unwrap();
        analyses.iter().find(|one| one["model"] == "dense").unwrap().clone()
    };
    let first = model(&analyze(&app, &technician, &study).await);
    let manifest = app.app.config.models_dir().join("dense/1.0.0/model.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("high = 2000"));
    std::fs::write(&manifest, text.replace("high = 2000", "high = 1900")).unwrap();
    let second = model(&analyze(&app, &technician, &study).await);
    assert_eq!(
        (&second["error"], &second["inputHash"]),
        (&Value::Null, &first["inputHash"])
    );
    assert_ne!(second["structures"], first["structures"]);
    assert_ne!(second["segmentationUid"], first["segmentationUid"]);
}
