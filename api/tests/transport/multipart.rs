//! Uploads by the multipart request specification.

use std::sync::atomic::Ordering;

use futures::StreamExt;
use reqwest::{
    Body, RequestBuilder, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::server::{TestServer, impatient};

const ONE: &str = r#"{"query":"mutation($f: Upload!) { uploadOne(file: $f) }","variables":{"f":null}}"#;
const MAP_ONE: &str = r#"{"0":["variables.f"]}"#;

fn post(server: &TestServer, form: Form) -> RequestBuilder {
    reqwest::Client::new()
        .post(server.url())
        .header("accept", "application/graphql-response+json")
        .bearer_auth("ada")
        .multipart(form)
}

fn form(operations: &str, map: &str) -> Form {
    Form::new().text("operations", operations.to_owned()).text("map", map.to_owned())
}

fn file(name: &str, bytes: usize) -> Part {
    Part::bytes(vec![b'x'; bytes]).file_name(name.to_owned())
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// Sends a form that must be refused before any file reaches the receiver.
async fn refused(server: &TestServer, form: Form) -> (StatusCode, String) {
    let (status, body) = answer(post(server, form)).await;
    assert_eq!(server.gate.received.load(Ordering::SeqCst), 0, "{body}");
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap();
    (status, code.to_owned())
}

#[tokio::test]
async fn one_file_reaches_its_argument() {
    let server = TestServer::new().await;
    let form = form(ONE, MAP_ONE).part("0", file("a.dcm", 300_000));
    let (status, body) = answer(post(&server, form)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, json!({"data": {"uploadOne": "a.dcm:300000"}}));
}

#[tokio::test]
async fn many_files_keep_the_order_of_the_variables_not_of_arrival() {
    let server = TestServer::new().await;
    let operations = r#"{"query":"mutation($i: FilesInput!) { uploadMany(input: $i) }","variables":{"i":{"files":[null,null,null]}}}"#;
    let map = r#"{"x":["variables.i.files.2"],"y":["variables.i.files.0","variables.i.files.1"]}"#;
    let form = form(operations, map).part("y", file("first", 10)).part("x", file("last", 0));
    let (_, body) = answer(post(&server, form)).await;
    assert_eq!(body["data"]["uploadMany"], "first:10 first:10 last:0");
}

#[tokio::test]
async fn content_that_looks_like_a_boundary_is_kept_byte_for_byte() {
    let server = TestServer::new().await;
    let content = "\r\n--A\r\n-\r\n--\r\r\n--b";
    let body = "--B\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n".to_owned()
        + ONE
        + "\r\n--B\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n"
        + MAP_ONE
        + "\r\n--B\r\nContent-Disposition: form-data; name=\"0\"; filename=\"f\"\r\n\r\n"
        + content
        + "\r\n--B--\r\n";
    let bytes: Vec<_> = body.into_bytes().into_iter().map(|byte| vec![byte]).collect();
    // One byte a chunk: every boundary is cut everywhere.
    let trickle = futures::stream::iter(bytes.into_iter().map(Ok::<_, std::io::Error>));
    let request = reqwest::Client::new()
        .post(server.url())
        .header("content-type", "multipart/form-data; boundary=B")
        .bearer_auth("ada")
        .body(Body::wrap_stream(trickle));
    let (_, answered) = answer(request).await;
    assert_eq!(answered["data"]["uploadOne"], format!("f:{}", content.len()));
    assert_eq!(*server.gate.beginning.lock().unwrap(), content.as_bytes());
}

#[tokio::test]
async fn a_form_of_a_foreign_page_is_refused_and_told_what_to_send() {
    let server = TestServer::new().await;
    let form = form(ONE, MAP_ONE).part("0", file("a", 1));
    let request = reqwest::Client::new().post(server.url()).multipart(form);
    let (status, body) = answer(request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("GraphQL-Preflight"));
    assert_eq!(server.gate.opened.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_anonymous_upload_is_refused_before_a_file_is_read() {
    let server = TestServer::new().await;
    let form = form(ONE, MAP_ONE).part("0", file("a", 20_000_000));
    let request = reqwest::Client::new().post(server.url()).header("GraphQL-Preflight", "1").multipart(form);
    let (status, body) = answer(request).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(server.gate.received.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_plan_that_cannot_work_is_refused_before_a_file_is_read() {
    let server = TestServer::new().await;
    let query = r#"{"query":"query($f: Upload!) { caller }","variables":{"f":null}}"#;
    let undeclared = r#"{"query":"mutation { bump }","variables":{"f":null}}"#;
    let taken = r#"{"query":"mutation($f: Upload!) { uploadOne(file: $f) }","variables":{"f":"x"}}"#;
    let batch = format!("[{ONE}]");
    let plans = [
        ("{", MAP_ONE),
        (ONE, "[]"),
        (ONE, r#"{"0":[]}"#),
        (ONE, r#"{"0":["f"]}"#),
        (ONE, r#"{"0":["variables.g"]}"#),
        (ONE, r#"{"0":["variables.f.0"]}"#),
        (ONE, r#"{"0":["variables.f"],"1":["variables.f"]}"#),
        (taken, MAP_ONE),
        (query, MAP_ONE),
        (undeclared, MAP_ONE),
        (batch.as_str(), MAP_ONE),
    ];
    for (operations, map) in plans {
        let form = form(operations, map).part("0", file("a", 9));
        let (status, code) = refused(&server, form).await;
        assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
    }
    let unset = r#"{"query":"mutation($f: Upload!, $n: Int!) { uploadOne(file: $f) }","variables":{"f":null}}"#;
    for operations in [unset, r#"{"query":"mutation {","variables":{"f":null}}"#] {
        let form = form(operations, MAP_ONE).part("0", file("a", 9));
        assert_eq!(refused(&server, form).await.0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(server.gate.opened.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn parts_out_of_order_unnamed_twice_or_missing_are_refused() {
    let server = TestServer::new().await;
    let wrong_order = Form::new().part("0", file("a", 9)).text("operations", ONE).text("map", MAP_ONE);
    assert_eq!(refused(&server, wrong_order).await.0, StatusCode::BAD_REQUEST);
    let unnamed = form(ONE, MAP_ONE).part("1", file("a", 9));
    assert_eq!(refused(&server, unnamed).await.0, StatusCode::BAD_REQUEST);
    let missing = form(ONE, MAP_ONE);
    assert_eq!(refused(&server, missing).await.0, StatusCode::BAD_REQUEST);
    let twice = form(ONE, MAP_ONE).part("0", file("a", 9)).part("0", file("a", 9));
    let (status, _) = answer(post(&server, twice)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn too_many_files_and_overlong_fields_are_413() {
    let server = TestServer::new().await;
    let map: serde_json::Map<_, _> = (0..5_001).map(|n| (n.to_string(), json!(["variables.f"]))).collect();
    let many = form(ONE, &Value::from(map).to_string()).part("0", file("a", 1));
    assert_eq!(refused(&server, many).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let long = form(&"x".repeat((1 << 20) + 1), MAP_ONE);
    assert_eq!(refused(&server, long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn part_headers_and_preambles_without_end_are_refused() {
    let server = TestServer::new().await;
    for start in ["", "--B\r\nContent-Disposition: form-data; name=\"operations\"; x=\""] {
        let endless = futures::stream::iter([start.to_owned()])
            .chain(futures::stream::repeat("x".repeat(16 * 1024)).take(4_096))
            .map(Ok::<_, std::io::Error>);
        let request = reqwest::Client::new()
            .post(server.url())
            .header("content-type", "multipart/form-data; boundary=B")
            .bearer_auth("ada")
            .body(Body::wrap_stream(endless));
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    }
}

#[tokio::test]
async fn an_error_of_the_receiver_is_the_answer() {
    let server = TestServer::new().await;
    let form = form(ONE, MAP_ONE).part("0", file("virus", 5_000_000));
    let (status, body) = answer(post(&server, form)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["errors"][0]["message"], "File 0 is not DICOM.");
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test]
async fn an_upload_that_stalls_is_given_up() {
    let server = TestServer::with(impatient()).await;
    let begun = futures::stream::iter(["a", "b"]).chain(futures::stream::pending()).map(Ok::<_, std::io::Error>);
    let part = Part::stream(Body::wrap_stream(begun)).file_name("slow");
    let (status, body) = answer(post(&server, form(ONE, MAP_ONE).part("0", part))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("file 0"));
}

#[tokio::test]
async fn a_file_cannot_be_made_of_words() {
    let server = TestServer::new().await;
    let bytes = json!([0, 0, 0, 0, 0, 0, 0, 0]);
    for value in [json!("#upload:0"), json!(0), bytes, json!({"0": 0})] {
        let query = "mutation($f: Upload!) { uploadOne(file: $f) }";
        let body = json!({"query": query, "variables": {"f": value}}).to_string();
        let (status, answered) = answer(server.post(body)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answered}");
        assert!(answered.get("data").is_none());
    }
    let literal = json!({"query": "mutation { uploadOne(file: \"#upload:0\") }"}).to_string();
    assert_eq!(answer(server.post(literal)).await.0, StatusCode::BAD_REQUEST);
}
