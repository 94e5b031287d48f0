//! Pictures: renditions, frames on demand, signed addresses, copies in other transfer syntaxes.

use domain::studies;
use imaging::file::DicomFile;
use imaging::guard::Limits;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::dicom::{sized, study};
use tests::{Client, TestApp, corpus};

const SERIES: &str = "query($id: ID!) { study(id: $id) { series { nodes { isIndexed
    thumbnail: rendition(kind: THUMBNAIL) { url width height error }
    preview: rendition(kind: PREVIEW, format: PNG) { url width height error }
    instances { nodes { numberOfFrames first: frameUrl jpeg: frameUrl(format: JPEG) png: frameUrl(format: PNG)
      lung: frameUrl(format: PNG, windowCentre: -600, windowWidth: 1500) none: frameUrl(frame: 100000) } } } } } }";

async fn series(client: &Client, id: &Value) -> Value {
    client.data(SERIES, json!({ "id": id })).await["study"]["series"]["nodes"][0].clone()
}

async fn fetch(app: &TestApp, url: &Value) -> (StatusCode, String, Vec<u8>) {
    let answer = app.anonymous().rest(Method::GET, url.as_str().expect("a URL")).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status(), kind, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_study_gets_thumbnails_and_previews_at_signed_addresses() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let id = technician.upload(sized(5, 512)).await["studies"][0]["id"].clone();
    assert!(series(&technician, &id).await["preview"].is_null(), "nothing drawn yet");
    app.run_pending_jobs().await;
    let series = series(&technician, &id).await;
    assert_eq!(series["isIndexed"], true);
    assert_eq!(
        (&series["thumbnail"]["width"], &series["preview"]["width"]),
        (&json!(256), &json!(512))
    );
    let (status, kind, thumbnail) = fetch(&app, &series["thumbnail"]["url"]).await;
    assert_eq!(
        (status, kind.as_str(), &thumbnail[..3]),
        (StatusCode::OK, "image/jpeg", [0xFF, 0xD8, 0xFF].as_slice())
    );
    let (status, kind, preview) = fetch(&app, &series["preview"]["url"]).await;
    assert_eq!(
        (status, kind.as_str(), &preview[1..4]),
        (StatusCode::OK, "image/png", b"PNG".as_slice())
    );
}

#[tokio::test]
async fn a_signed_address_is_good_for_one_thing_and_not_to_be_changed() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let id = technician.upload(study(2)).await["studies"][0]["id"].clone();
    app.run_pending_jobs().await;
    let url = series(&technician, &id).await["instances"]["nodes"][0]["png"].as_str().unwrap().to_owned();
    let forged = [
        url.replace("/frames/0", "/frames/1"),
        url.replace("format=png", "format=jpeg"),
        url.replace("expires=", "expires=9"),
        format!("{url}0"),
        url.split("&signature=").next().unwrap().to_owned(),
        format!("{}&signature=", url.split("&signature=").next().unwrap()),
    ];
    for forged in forged {
        let answer = app.anonymous().rest(Method::GET, &forged).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{forged}");
    }
    assert_eq!(fetch(&app, &json!(url)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn any_frame_is_drawn_with_any_window() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let id = technician.upload(study(1)).await["studies"][0]["id"].clone();
    let instance = series(&technician, &id).await["instances"]["nodes"][0].clone();
    assert!(instance["none"].is_null(), "no such frame");
    let (_, kind, standard) = fetch(&app, &instance["png"]).await;
    assert_eq!(kind, "image/png");
    let (_, _, lung) = fetch(&app, &instance["lung"]).await;
    assert_ne!(standard, lung, "another window, another picture");
    assert_eq!(fetch(&app, &instance["jpeg"]).await.1, "image/jpeg");
    let path = instance["first"].as_str().unwrap().split('?').next().unwrap().to_owned();
    for wrong in ["?format=gif", "?centre=1", "?centre=1&width=0", "?centre=NaN&width=2"] {
        let answer = technician.rest(Method::GET, &format!("{path}{wrong}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn a_file_is_fetched_as_it_was_uploaded_whole_or_in_parts() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(1);
    let (size, bytes) = (files[0].1.len(), files[0].1.clone());
    let id = technician.upload(files).await["studies"][0]["id"].clone();
    let query = "query($id: ID!) { study(id: $id) { series { nodes { instances { nodes { fileUrl sha256 } } } } } }";
    let found = technician.data(query, json!({ "id": id })).await;
    let instance = &found["study"]["series"]["nodes"][0]["instances"]["nodes"][0];
    let url = instance["fileUrl"].as_str().unwrap();
    let get = |name: &'static str, value: String| app.anonymous().rest(Method::GET, url).header(name, value).send();
    let whole = get("accept", "*/*".into()).await.unwrap();
    let tag = format!("\"{}\"", instance["sha256"].as_str().unwrap());
    assert_eq!(whole.status(), StatusCode::OK);
    for (name, value) in [
        ("content-type", "application/dicom"),
        ("content-length", &size.to_string()),
        ("accept-ranges", "bytes"),
        ("etag", &tag),
    ] {
        assert_eq!(whole.headers()[name], value);
    }
    assert_eq!(whole.bytes().await.unwrap(), bytes);
    for (range, part) in [
        ("bytes=0-131".to_owned(), 0..132),
        (format!("bytes={}-", size - 7), size - 7..size),
        ("bytes=-5".to_owned(), size - 5..size),
    ] {
        let answer = get("range", range).await.unwrap();
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
        let place = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        assert_eq!(answer.headers()["content-range"], place);
        assert_eq!(answer.headers()["content-length"], part.len().to_string());
        assert_eq!(answer.bytes().await.unwrap(), bytes[part]);
    }
    let outside = get("range", format!("bytes={size}-")).await.unwrap();
    assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(outside.headers()["content-range"], format!("bytes */{size}"));
    assert_eq!(
        get("if-none-match", tag.clone()).await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
    let ranged = app.anonymous().rest(Method::GET, url).header("range", "bytes=0-1");
    assert_eq!(
        ranged.header("if-range", "\"other\"").send().await.unwrap().status(),
        StatusCode::OK
    );
    let other = url.split('?').next().unwrap();
    assert_eq!(
        technician.rest(Method::GET, other).send().await.unwrap().status(),
        StatusCode::OK
    );
    assert_eq!(
        app.anonymous().rest(Method::GET, other).send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn what_cannot_be_drawn_says_why_and_names_the_transfer_syntax() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for (name, bytes) in corpus::all() {
        let answer = technician.upload_answer(vec![(name.clone(), bytes)], None).await;
        let Some(id) = answer["data"]["studyUpload"]["studies"][0]["id"].as_str() else {
            continue;
        };
        app.run_pending_jobs().await;
        let preview = series(&technician, &json!(id)).await["preview"].clone();
        let told = preview["error"].as_str().is_some_and(|error| error.len() > 10);
        assert!(
            preview["url"].is_string() || told || preview.is_null(),
            "{name}: {preview}"
        );
        if preview["url"].is_string() {
            assert_eq!(fetch(&app, &preview["url"]).await.0, StatusCode::OK, "{name}");
        }
    }
}

#[tokio::test]
async fn a_study_is_copied_into_every_transfer_syntax_and_the_original_stays() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(3);
    let id = technician.upload(files.clone()).await["studies"][0]["id"].clone();
    app.run_pending_jobs().await;
    let syntaxes = [
        ("RLE_LOSSLESS", "1.2.840.10008.1.2.5"),
        ("JPEG_LOSSLESS", "1.2.840.10008.1.2.4.70"),
        ("JPEG_LS_LOSSLESS", "1.2.840.10008.1.2.4.80"),
        ("JPEG2000_LOSSLESS", "1.2.840.10008.1.2.4.90"),
        ("HTJ2K_LOSSLESS", "1.2.840.10008.1.2.4.201"),
        ("DEFLATED", "1.2.840.10008.1.2.1.99"),
    ];
    for (word, uid) in syntaxes {
        let mutation = "mutation($id: ID!, $s: TransferSyntax!) { studyTranscode(input: { id: $id, transferSyntax: $s }) { job { id } userErrors { message } } }";
        let job =
            technician.data(mutation, json!({ "id": id, "s": word })).await["studyTranscode"]["job"]["id"].clone();
        app.run_pending_jobs().await;
        let state = technician.data("query($id: ID!) { job(id: $id) { state error } }", json!({ "id": job })).await;
        assert_eq!(state["job"]["state"], "SUCCEEDED", "{word}: {state}");
        let row = studies::study_find(&app.app, &app.system(), &study_uuid(&technician, &id).await).await.unwrap();
        let copies = studies::transcodings_list(&app.app, row.id, uid).await.unwrap();
        assert_eq!(copies.len(), 3, "{word}");
        for copy in copies {
            let bytes = app.app.storage.get(&copy.object_key).await.unwrap();
            let file = DicomFile::read(&bytes, &Limits::default()).unwrap();
            assert_eq!(file.transfer_syntax, uid);
        }
    }
    assert_eq!(
        technician.upload(files).await["duplicates"],
        3,
        "the originals are as they were"
    );
}

async fn study_uuid(client: &Client, id: &Value) -> String {
    let found = client.data("query($id: ID!) { study(id: $id) { uuid } }", json!({ "id": id })).await;
    found["study"]["uuid"].as_str().unwrap().to_owned()
}
