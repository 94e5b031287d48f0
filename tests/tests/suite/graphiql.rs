//! The page at `/graphiql`: how its files are served, and that the operations it offers as examples work.

use domain::config::Switch;
use futures::StreamExt;
use reqwest::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tests::TestApp;
use tests::app::PASSWORD;
use tests::dicom::study;

const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/graphiql");

const RENDER: &str = "mutation($id: ID!) { studyRender(input: { id: $id }) { job { id } } }";

struct File {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl File {
    fn header(&self, name: impl reqwest::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A file with these request headers; the test client inflates nothing.
async fn get(app: &TestApp, method: Method, path: &str, headers: &[(reqwest::header::HeaderName, &str)]) -> File {
    let mut request = app.anonymous().rest(method, path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let answer = request.send().await.unwrap();
    File {
        status: answer.status(),
        headers: answer.headers().clone(),
        bytes: answer.bytes().await.unwrap().to_vec(),
    }
}

/// Paths of all files besides the page.
fn assets() -> Vec<String> {
    let entries = fs::read_dir(format!("{WEB}/dist/assets")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| format!("/graphiql/assets/{}", name.strip_suffix(".gz").unwrap())).collect()
}

#[tokio::test]
async fn the_page_is_asked_for_each_time_and_its_files_are_kept_for_ever() {
    let app = TestApp::new().await;
    let page = get(&app, Method::GET, "/graphiql", &[]).await;
    assert_eq!((page.status, page.header(CONTENT_TYPE)), (StatusCode::OK, "text/html"));
    assert_eq!(page.header(CACHE_CONTROL), "no-cache");
    let html = String::from_utf8(page.bytes).unwrap();
    let assets = assets();
    assert!(assets.iter().filter(|path| html.contains(*path)).count() >= 2, "{html}");
    for path in assets {
        let file = get(&app, Method::GET, &path, &[(ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert_eq!(
            file.header(CACHE_CONTROL),
            "public, max-age=31536000, immutable",
            "{path}"
        );
        let kind = match Path::new(&path).extension().unwrap().to_str().unwrap() {
            "js" => "text/javascript",
            "css" => "text/css",
            "ttf" => "font/ttf",
            other => panic!("a new kind of file: {other}"),
        };
        assert_eq!(file.header(CONTENT_TYPE), kind, "{path}");
    }
}

#[tokio::test]
async fn files_are_sent_gzipped_to_those_who_take_it_and_plain_to_the_rest() {
    let app = TestApp::new().await;
    let gzipped = get(&app, Method::GET, "/graphiql", &[(ACCEPT_ENCODING, "gzip")]).await;
    assert_eq!(gzipped.header(CONTENT_ENCODING), "gzip");
    assert_eq!(gzipped.bytes, fs::read(format!("{WEB}/dist/index.html.gz")).unwrap());
    let plain = get(&app, Method::GET, "/graphiql", &[(ACCEPT_ENCODING, "identity")]).await;
    assert_eq!(plain.header(CONTENT_ENCODING), "");
    assert!(plain.bytes.starts_with(b"<!doctype html>"));
    assert!([&gzipped, &plain].iter().all(|file| file.header("vary") == "Accept-Encoding"));
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again_and_head_sends_no_body() {
    let app = TestApp::new().await;
    let page = get(&app, Method::GET, "/graphiql", &[]).await;
    let again = get(&app, Method::GET, "/graphiql", &[(IF_NONE_MATCH, page.header(ETAG))]).await;
    assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.header(ETAG), page.header(ETAG));
    let changed = get(&app, Method::GET, "/graphiql", &[(IF_NONE_MATCH, "\"another\"")]).await;
    assert_eq!(changed.status, StatusCode::OK);
    let head = get(&app, Method::HEAD, "/graphiql", &[]).await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0));
    assert_eq!(head.header(ETAG), page.header(ETAG));
}

#[tokio::test]
async fn every_file_carries_a_strict_policy() {
    let app = TestApp::new().await;
    for path in assets().into_iter().chain(["/graphiql".into()]) {
        let file = get(&app, Method::GET, &path, &[]).await;
        let policy = file.header("content-security-policy");
        for directive in [
            "default-src 'none'",
            "script-src 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-eval"), "{path}: {policy}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert_eq!(file.header("referrer-policy"), "no-referrer");
    }
}

#[tokio::test]
async fn nothing_else_is_served_and_nothing_at_all_when_it_is_switched_off() {
    let app = TestApp::new().await;
    let script = assets().remove(0);
    for path in [
        "/graphiql/assets/unknown.js",
        "/graphiql/assets/..%2Findex.html",
        "/graphiql/index.html",
        &format!("{script}.gz"),
    ] {
        assert_eq!(
            get(&app, Method::GET, path, &[]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let off = TestApp::with(|config| config.graphiql = Switch::Off).await;
    for path in ["/graphiql", &script] {
        assert_eq!(
            get(&off, Method::GET, path, &[]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

/// Operation and variables of every example, by file name, with a study put in where one is wanted.
fn examples(study: &Value) -> Vec<(String, String, Value)> {
    let folder = format!("{WEB}/src/examples");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let operations = paths.filter(|path| path.extension().unwrap() == "graphql");
    let read = |path: std::path::PathBuf| {
        let variables = fs::read_to_string(path.with_extension("json")).map_or(json!({}), |text| {
            let mut variables: Value = serde_json::from_str(&text).unwrap();
            if let Some(value) = variables.get_mut("study") {
                *value = study.clone();
            }
            variables
        });
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap(), variables)
    };
    operations.map(read).collect()
}

#[tokio::test]
async fn every_example_operation_works() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let uploaded = technician.upload(study(2)).await["studies"][0]["studyId"].clone();
    app.run_pending_jobs().await;
    let examples = examples(&uploaded);
    assert!(examples.len() >= 8);
    for (name, operation, mut variables) in examples {
        assert!(operation.starts_with("# "), "{name} has no title");
        let answer = match name.as_str() {
            "1-sign-in" => {
                variables = json!({ "username": format!("technician{}", app.centre), "password": PASSWORD });
                app.anonymous().gql(&operation, variables).await
            }
            "8-upload" => {
                let (name, bytes) = study(1).remove(0);
                let operations = json!({ "query": operation, "variables": variables }).to_string();
                let form = reqwest::multipart::Form::new()
                    .text("operations", operations)
                    .text("map", json!({ "0": ["variables.files.0"] }).to_string())
                    .part("0", reqwest::multipart::Part::bytes(bytes).file_name(name));
                let request = technician.rest(Method::POST, "/graphql").multipart(form);
                request.send().await.unwrap().json().await.unwrap()
            }
            _ if operation.contains("subscription ") => {
                let mut events = technician.subscribe(&operation, variables).await;
                technician.data(RENDER, json!({ "id": uploaded })).await;
                // A job that waits would stand for the next one too, and nothing would happen.
                app.run_pending_jobs().await;
                events.next().await.unwrap()
            }
            _ => technician.gql(&operation, variables).await,
        };
        assert!(answer["errors"].is_null(), "{name}: {answer}");
        let data = answer["data"].as_object().unwrap_or_else(|| panic!("{name}: {answer}"));
        for (field, value) in data {
            assert!(!value.is_null(), "{name}: {field}: {answer}");
            assert!(
                value["userErrors"].as_array().is_none_or(Vec::is_empty),
                "{name}: {answer}"
            );
        }
    }
}
