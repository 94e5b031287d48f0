//! What lies within a study: frames, attributes of files, and what happened.

use serde_json::{Value, json};
use tests::{Client, TestApp, dicom};

async fn uploaded(app: &TestApp, files: Vec<(String, Vec<u8>)>) -> (Client, Value) {
    let client = app.technician_of(app.centre).await;
    let id = client.upload(files).await["studies"][0]["id"].clone();
    (client, id)
}

#[tokio::test]
async fn attributes_are_read_by_keyword_or_tag_in_the_order_asked_for() {
    let app = TestApp::new().await;
    let (client, id) = uploaded(&app, dicom::study(1)).await;
    let query = "query($id: ID!, $keywords: [String!]!) { study(id: $id) { series(first: 1) { nodes { instances(first: 1) { nodes {
        tags(keywords: $keywords) { tag keyword vr values json } } } } } } }";
    let tags = async |keywords: Value| {
        let found = client.data(query, json!({ "id": id, "keywords": keywords })).await;
        found["study"]["series"]["nodes"][0]["instances"]["nodes"][0]["tags"].clone()
    };
    let found = tags(json!([
        "Rows",
        "(0008,0060)",
        "ImageOrientationPatient",
        "00100021",
        "Rows",
        "00091001"
    ]))
    .await;
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 3, "absent and repeated ones are left out: {found:?}");
    assert_eq!(
        found[0],
        json!({ "tag": "00280010", "keyword": "Rows", "vr": "US", "values": ["64"], "json": { "vr": "US", "Value": [64] } })
    );
    assert_eq!(
        (&found[1]["keyword"], &found[1]["values"]),
        (&json!("Modality"), &json!(["CT"]))
    );
    assert_eq!(found[2]["values"].as_array().unwrap().len(), 6);
    let refused = client.gql(query, json!({ "id": id, "keywords": ["Nonsense"] })).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{refused}"
    );
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("Nonsense"));
    let many = client.gql(query, json!({ "id": id, "keywords": vec!["Rows"; 65] })).await;
    assert_eq!(many["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{many}");
}

#[tokio::test]
async fn attributes_behind_a_header_too_large_to_wait_for_are_refused() {
    const LENGTH: u32 = 33 << 20;
    let app = TestApp::new().await;
    let (name, mut file) = dicom::study(1).remove(0);
    let pixels = file.windows(4).rposition(|bytes| bytes == [0xE0, 0x7F, 0x10, 0x00]).unwrap();
    let mut private = b"\xFF\x6F\x01\x10OB\0\0".to_vec();
    private.extend(LENGTH.to_le_bytes());
    private.resize(private.len() + LENGTH as usize, 0);
    file.splice(pixels..pixels, private);
    let (client, id) = uploaded(&app, vec![(name, file)]).await;
    let query = "query($id: ID!) { study(id: $id) { series(first: 1) { nodes { instances(first: 1) { nodes {
        sopInstanceUid tags(keywords: [\"Modality\"]) { values } } } } } } }";
    let answer = client.gql(query, json!({ "id": id })).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "PAYLOAD_TOO_LARGE",
        "{answer}"
    );
}

#[tokio::test]
async fn frames_are_numbered_paged_and_have_pictures() {
    let app = TestApp::new().await;
    let image = dicom::Image {
        frames: 5,
        ..dicom::Image::grey(16, 16, 16)
    };
    let (client, id) = uploaded(&app, vec![("cine.dcm".into(), image.file(&image.noise(3)))]).await;
    let query = "query($id: ID!, $after: String, $width: Float) { study(id: $id) { series { nodes { instances { nodes {
        frames(first: 3, after: $after) { totalCount nodes { number url(format: PNG, windowCentre: 40, windowWidth: $width) }
          pageInfo { endCursor hasNextPage } } } } } } } }";
    let frames = async |after: Value| {
        let found = client.data(query, json!({ "id": id, "after": after, "width": 400 })).await;
        found["study"]["series"]["nodes"][0]["instances"]["nodes"][0]["frames"].clone()
    };
    let first = frames(Value::Null).await;
    assert_eq!(
        (&first["totalCount"], &first["pageInfo"]["hasNextPage"]),
        (&json!(5), &json!(true))
    );
    let second = frames(first["pageInfo"]["endCursor"].clone()).await;
    let numbers: Vec<&Value> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["nodes"].as_array().unwrap())
        .map(|frame| &frame["number"])
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    let url = second["nodes"][1]["url"].as_str().unwrap();
    let picture = app.anonymous().rest(reqwest::Method::GET, url).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    let alone = client.gql(query, json!({ "id": id })).await;
    assert_eq!(
        alone["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "a centre without a width: {alone}"
    );
}

#[tokio::test]
async fn what_happened_to_a_study_is_listed_the_latest_first() {
    let app = TestApp::new().await;
    let (client, id) = uploaded(&app, dicom::study(1)).await;
    app.run_pending_jobs().await;
    let query = "query($id: ID!, $after: String) { study(id: $id) { events(first: 4, after: $after) { totalCount
        nodes { kind cursor study { id } job { kind } } pageInfo { endCursor hasNextPage } } } }";
    let (mut kinds, mut after) = (Vec::new(), Value::Null);
    loop {
        let events = client.data(query, json!({ "id": id, "after": after })).await["study"]["events"].clone();
        for event in events["nodes"].as_array().unwrap() {
            assert_eq!(event["study"]["id"], id);
            let kind = event["kind"].as_str().unwrap().to_owned();
            assert_eq!(event["job"].is_null(), !kind.starts_with("JOB_"), "{event}");
            kinds.push(kind);
        }
        after = events["pageInfo"]["endCursor"].clone();
        if events["pageInfo"]["hasNextPage"] == false {
            assert_eq!(events["totalCount"], kinds.len());
            break;
        }
    }
    assert_eq!(kinds.last().unwrap(), "STUDY_CREATED");
    let count = |kind: &str| kinds.iter().filter(|is| *is == kind).count();
    assert_eq!(
        (count("JOB_QUEUED"), count("JOB_SUCCEEDED"), count("SERIES_INDEXED")),
        (2, 2, 1),
        "{kinds:?}"
    );
}
