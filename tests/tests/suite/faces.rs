//! What all paths have in common: unknown ones, wrong methods, trailing slashes, health, metrics, request ids.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::TestApp;

#[tokio::test]
async fn x_03_and_04_unknown_paths_and_wrong_methods_answer_in_the_family_s_shape() {
    let app = TestApp::new().await;
    let nobody = app.anonymous();
    let unknown = nobody.rest(Method::GET, "/nothing/here").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(unknown.json::<Value>().await.unwrap(), json!({ "detail": "Not Found" }));
    for (method, path, allow) in [
        (Method::GET, "/auth/token", "POST"),
        (Method::DELETE, "/auth/me/", "GET"),
    ] {
        let wrong = nobody.rest(method, path).send().await.unwrap();
        assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(wrong.headers()["allow"], allow, "{path}");
        assert_eq!(
            wrong.json::<Value>().await.unwrap(),
            json!({ "detail": "Method Not Allowed" })
        );
    }
}

#[tokio::test]
async fn x_01_a_trailing_slash_makes_no_difference() {
    let app = TestApp::new().await;
    for path in ["/health", "/health/"] {
        let answer = app.anonymous().rest(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn s2_88_health_tells_version_and_state() {
    let app = TestApp::new().await;
    let health: Value = app.anonymous().rest(Method::GET, "/health").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        health,
        json!({ "status": "healthy", "version": env!("CARGO_PKG_VERSION") })
    );
    let healthz: Value = app.anonymous().rest(Method::GET, "/healthz").send().await.unwrap().json().await.unwrap();
    assert_eq!(healthz, json!({ "status": "ok" }));
}

#[tokio::test]
async fn what_says_nothing_of_caches_is_kept_by_none() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for path in ["/studies", "/users/me", "/studies/999999", "/nothing/here"] {
        let answer = admin.rest(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
    }
    let page = admin.rest(Method::GET, "/graphiql").send().await.unwrap();
    assert_eq!(
        page.headers()["cache-control"],
        "no-cache",
        "what has a word of its own keeps it"
    );
}

#[tokio::test]
async fn metrics_are_for_administrators_and_the_holder_of_the_token() {
    let app = TestApp::with(|config| config.metrics_token = domain::config::Secret::new("watch")).await;
    let get = |token: &'static str| app.anonymous().rest(Method::GET, "/metrics").bearer_auth(token).send();
    assert_eq!(get("wrong").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let metrics = get("watch").await.unwrap();
    assert_eq!(metrics.status(), StatusCode::OK);
    assert!(metrics.text().await.unwrap().contains("gantry_http_requests_total"));
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let app = TestApp::new().await;
    let request = app.anonymous().rest(Method::GET, "/health").header("x-request-id", "abc-1");
    assert_eq!(request.send().await.unwrap().headers()["x-request-id"], "abc-1");
    let request = app.anonymous().rest(Method::GET, "/health").header("x-request-id", "not sensible");
    let made = request.send().await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(uuid::Uuid::parse_str(&made).is_ok(), "{made}");
}
