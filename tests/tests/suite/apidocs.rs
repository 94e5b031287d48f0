//! The pages of the REST APIs' documentation (contract X-33, S2-94): which paths show them, and that nothing comes from elsewhere.
//! `tests/conformance/apidocs` uses them in a browser.

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use std::fs;
use tests::TestApp;

const DIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/apidocs/dist");
const SWAGGER_UI: [&str; 3] = ["/docs", "/api/docs", "/api/schema/swagger-ui/"];
const REDOC: [&str; 2] = ["/redoc", "/api/schema/redoc/"];

async fn get(app: &TestApp, path: &str) -> Response {
    app.anonymous().rest(Method::GET, path).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Paths of all files besides the pages.
fn assets() -> Vec<String> {
    let entries = fs::read_dir(format!("{DIST}/assets")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| format!("/docs/assets/{}", name.strip_suffix(".gz").unwrap())).collect()
}

#[tokio::test]
async fn x_33_swagger_ui_and_redoc_are_served_at_their_paths() {
    let app = TestApp::new().await;
    for (paths, script) in [
        (&SWAGGER_UI[..], "/docs/assets/swagger-ui-"),
        (&REDOC[..], "/docs/assets/redoc-standalone-"),
    ] {
        for path in paths {
            let page = get(&app, path).await;
            assert_eq!(
                (page.status(), header(&page, "content-type")),
                (StatusCode::OK, "text/html"),
                "{path}"
            );
            assert_eq!(header(&page, "cache-control"), "no-cache");
            let html = page.text().await.unwrap();
            assert!(html.contains(script), "{path}: {html}");
            assert!(html.contains("/openapi.json"), "{path}");
        }
    }
}

#[tokio::test]
async fn x_33_the_document_is_served_at_its_path_and_its_alias() {
    let app = TestApp::new().await;
    let mut documents = Vec::new();
    for path in ["/openapi.json", "/api/schema/"] {
        let answer = get(&app, path).await;
        assert_eq!(header(&answer, "content-type"), "application/json", "{path}");
        documents.push(answer.json::<Value>().await.unwrap());
    }
    assert_eq!(documents[0], documents[1]);
    assert!(documents[0]["paths"]["/auth/token"]["post"].is_object());
}

#[tokio::test]
async fn x_33_pages_name_files_of_ours_alone_and_their_policy_lets_in_no_others() {
    let app = TestApp::new().await;
    let assets = assets();
    for path in ["/docs", "/redoc"] {
        let page = get(&app, path).await;
        let policy = header(&page, "content-security-policy").to_owned();
        for directive in [
            "default-src 'none'",
            "script-src 'self';",
            "connect-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("http") && !policy.contains("unsafe-eval"), "{policy}");
        let html = page.text().await.unwrap();
        let named: Vec<_> = html.split(['"', '\'']).filter(|word| word.starts_with("/docs/assets/")).collect();
        assert!(named.len() >= 4, "{html}");
        assert!(
            named.iter().all(|name| assets.iter().any(|asset| asset == name)),
            "{named:?}"
        );
        assert!(!html.contains("://"), "{path} names another place");
        assert!(
            !html.contains("<script>") && !html.contains("style=\""),
            "{path} has something inline"
        );
    }
    for path in assets {
        let file = get(&app, &path).await;
        assert_eq!(file.status(), StatusCode::OK, "{path}");
        assert_eq!(
            header(&file, "cache-control"),
            "public, max-age=31536000, immutable",
            "{path}"
        );
        assert_eq!(header(&file, "x-content-type-options"), "nosniff");
    }
}

/// What a page of documentation needs to show of an operation. Signing in is refused, but needs no token.
fn described(path: &str, operation: &Value) -> bool {
    let responses = operation["responses"].as_object().unwrap();
    let secured = operation["security"].as_array().is_some_and(|needs| !needs.is_empty());
    let shown = responses.values().all(|response| response["content"].is_object());
    let open = path == "/auth/token" || !responses.contains_key("401");
    operation["summary"].is_string() && shown && secured != open
}

#[tokio::test]
async fn s2_94_every_endpoint_has_shapes_and_says_whether_it_needs_a_token() {
    let app = TestApp::new().await;
    let document: Value = get(&app, "/openapi.json").await.json().await.unwrap();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(described(path, operation), "{method} {path}: {operation}");
            operations += 1;
        }
    }
    assert!(operations > 20, "{operations}");
    let token = &document["components"]["securitySchemes"];
    assert_eq!(
        token["password"]["flows"]["password"]["tokenUrl"], "/auth/token",
        "one can sign in from the page"
    );
}
