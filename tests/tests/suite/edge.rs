//! The edge: proxies that are believed (contract X-35), hosts that the server answers to, and other sites.

use domain::Config;
use domain::config::{Hosts, Networks, Origins};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tests::TestApp;
use tests::app::PASSWORD;

const VIEWER: &str = "https://viewer.example.org";
/// Contract X-17.
const FAILURES_OF_AN_ADDRESS: usize = 20;

fn networks(text: &str) -> Networks {
    Networks::try_from(text.to_owned()).unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn with_viewer() -> TestApp {
    TestApp::with(|config| config.cors_origins = Origins::try_from(VIEWER.to_owned()).unwrap()).await
}

async fn preflight(app: &TestApp, origin: &str, path: &str) -> Response {
    let asked = "authorization, x-csrftoken, content-type";
    let request = app.anonymous().rest(Method::OPTIONS, path).header("origin", origin);
    let request = request
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", asked);
    request.send().await.unwrap()
}

#[tokio::test]
async fn x_32_a_listed_site_may_send_what_the_contract_names_and_needs_no_token_to_ask() {
    let app = with_viewer().await;
    for path in [
        "/graphql",
        "/studies/upload",
        "/auth/me",
        "/media/renditions/1",
        "/no/such/path",
    ] {
        let answer = preflight(&app, VIEWER, path).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
        assert_eq!(header(&answer, "access-control-allow-origin"), VIEWER);
        assert_eq!(header(&answer, "access-control-allow-credentials"), "true");
        let allowed = header(&answer, "access-control-allow-headers").to_lowercase();
        for name in ["authorization", "x-csrftoken", "content-type"] {
            assert!(allowed.split(", ").any(|known| known == name), "{name}: {allowed}");
        }
        assert!(header(&answer, "access-control-allow-methods").contains("POST"));
        assert_eq!(header(&answer, "vary"), "Origin");
    }
}

#[tokio::test]
async fn x_32_a_listed_site_reads_answers_errors_and_their_headers() {
    let app = with_viewer().await;
    let technician = app.technician_of(app.centre).await;
    for (client, status) in [
        (&technician, StatusCode::OK),
        (&app.anonymous(), StatusCode::UNAUTHORIZED),
    ] {
        let answer = client.rest(Method::GET, "/auth/me").header("origin", VIEWER).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(header(&answer, "access-control-allow-origin"), VIEWER);
        assert_eq!(header(&answer, "access-control-allow-credentials"), "true");
        let exposed = header(&answer, "access-control-expose-headers");
        for name in ["ETag", "RateLimit", "Retry-After", "X-Request-Id"] {
            assert!(exposed.split(", ").any(|known| known == name), "{name}: {exposed}");
        }
        assert!(answer.headers().get_all("vary").iter().any(|value| value == "Origin"));
    }
}

#[tokio::test]
async fn x_32_other_sites_read_nothing_and_nobody_is_everybody() {
    let listing = with_viewer().await;
    let silent = TestApp::new().await;
    for (app, origin) in [
        (&listing, "https://evil.example"),
        (&listing, "http://viewer.example.org"),
        (&listing, "https://viewer.example.org.evil.example"),
        (&listing, "null"),
        (&silent, VIEWER),
    ] {
        for answer in [
            preflight(app, origin, "/graphql").await,
            app.anonymous().rest(Method::GET, "/health").header("origin", origin).send().await.unwrap(),
        ] {
            let told = answer.headers().keys().find(|name| name.as_str().starts_with("access-control-"));
            assert!(told.is_none(), "{origin} is told {told:?}");
            assert!(answer.headers().get_all("vary").iter().any(|value| value == "Origin"));
            // Our own pages send their origin too: the request itself is answered.
            assert!(answer.status().is_success(), "{origin}");
        }
    }
    for wrong in ["*", "https://*.example.org", "viewer.example.org"] {
        assert!(Origins::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

async fn sign_in(app: &TestApp, from: &str, password: &str) -> StatusCode {
    let username = format!("technician{}", app.centre);
    let form = [("username", username.as_str()), ("password", password)];
    let request = app.anonymous().rest(Method::POST, "/auth/token").header("x-forwarded-for", from).form(&form);
    request.send().await.unwrap().status()
}

async fn fail(app: &TestApp, from: &str) {
    for attempt in 0..FAILURES_OF_AN_ADDRESS {
        let form = [("username", format!("nobody{attempt}")), ("password", "wrong".into())];
        let request = app.anonymous().rest(Method::POST, "/auth/token").header("x-forwarded-for", from).form(&form);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn x_35_behind_a_trusted_proxy_each_caller_is_locked_out_alone() {
    let app = TestApp::with(|config| config.trusted_proxies = networks("127.0.0.0/8")).await;
    app.technician_of(app.centre).await;
    fail(&app, "198.51.100.1, 203.0.113.1").await;
    assert_eq!(
        sign_in(&app, "203.0.113.1", PASSWORD).await,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(sign_in(&app, "198.51.100.1", PASSWORD).await, StatusCode::OK);
    assert_eq!(
        sign_in(&app, "203.0.113.1, 203.0.113.2", PASSWORD).await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn x_35_a_stranger_cannot_choose_an_address() {
    let app = TestApp::with(|config| config.trusted_proxies = networks("192.0.2.0/24")).await;
    app.technician_of(app.centre).await;
    fail(&app, "203.0.113.1").await;
    assert_eq!(
        sign_in(&app, "203.0.113.2", PASSWORD).await,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn x_31_x_35_addresses_behind_a_trusted_proxy_are_counted_apart() {
    let app = TestApp::with(|config| {
        config.trusted_proxies = networks("127.0.0.1");
        config.rate_limits = domain::config::Switch::On;
        config.rate_limit_ip_per_minute = std::num::NonZeroU32::MIN;
    })
    .await;
    let ask = async |from: &str| {
        let request = app.anonymous().rest(Method::GET, "/auth/me").header("x-forwarded-for", from);
        request.send().await.unwrap().status()
    };
    assert_eq!(ask("203.0.113.1").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask("203.0.113.1").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask("203.0.113.2").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask("2001:db8::1").await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        ask("2001:db8::2").await,
        StatusCode::TOO_MANY_REQUESTS,
        "one host has a /64"
    );
}

#[tokio::test]
async fn x_34_the_server_answers_to_its_names_alone() {
    let names = |config: &mut Config| {
        config.allowed_hosts = Hosts::try_from("pacs.example.org, *.clinic.example".to_owned()).unwrap();
        config.trusted_proxies = networks("127.0.0.1");
    };
    let app = TestApp::with(names).await;
    let ask = async |path: &str, name: &'static str, value: &str| {
        let request = app.anonymous().rest(Method::GET, path).header("host", "elsewhere.example").header(name, value);
        let request = match name {
            "host" => app.anonymous().rest(Method::GET, path).header(name, value),
            _ => request,
        };
        request.send().await.unwrap()
    };
    let wrong = ask("/auth/me", "host", "evil.example").await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    let body: Value = wrong.json().await.unwrap();
    assert_eq!(
        body,
        json!({ "detail": "Invalid Host header: the server is not called by this name" })
    );
    assert_eq!(
        ask("/health", "host", "10.1.2.3:8000").await.status(),
        StatusCode::OK,
        "a probe"
    );
    for host in ["pacs.example.org", "PACS.example.org:8443", "north.clinic.example"] {
        assert_eq!(
            ask("/auth/me", "host", host).await.status(),
            StatusCode::UNAUTHORIZED,
            "{host}"
        );
    }
    let forwarded = ask("/auth/me", "x-forwarded-host", "pacs.example.org").await;
    assert_eq!(forwarded.status(), StatusCode::UNAUTHORIZED);
}

/// The attributes of the CSRF cookie that the page for signing in sets.
async fn cookie(app: &TestApp, scheme: &str) -> String {
    let request = app.anonymous().rest(Method::GET, "/login/").header("x-forwarded-proto", scheme);
    header(&request.send().await.unwrap(), "set-cookie").to_owned()
}

#[tokio::test]
async fn x_35_cookies_are_secure_when_a_trusted_proxy_speaks_tls() {
    let trusting = TestApp::with(|config| config.trusted_proxies = networks("127.0.0.1")).await;
    assert!(cookie(&trusting, "https").await.ends_with("; Secure"));
    assert!(!cookie(&trusting, "http").await.contains("Secure"));
    let other = TestApp::new().await;
    assert!(
        !cookie(&other, "https").await.contains("Secure"),
        "anybody can send the header"
    );
}
