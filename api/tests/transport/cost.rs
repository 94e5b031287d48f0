//! What operations cost, and the budget of callers: on every way in, and in the headers of every answer.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use api::graphql::transport::{Limiter, Settings};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{server::TestServer, websocket::Client};

/// Costs 8.
const EIGHT: &str = "{ many(first: 8) { caller } }";

/// A server where everybody has ten units; one comes back in six seconds, so that `EIGHT` runs once.
async fn thrifty() -> TestServer {
    let budget = Limiter::new("cost", NonZeroU32::new(10).unwrap(), Duration::from_secs(60));
    let settings = Settings {
        budget: Some(Arc::new(budget)),
        ..Settings::default()
    };
    TestServer::with(settings).await
}

async fn ask(server: &TestServer, caller: &str, body: Value) -> Response {
    server.post(body.to_string()).bearer_auth(caller).send().await.unwrap()
}

fn header(response: &Response, name: &str) -> u64 {
    response
        .headers()
        .get(name)
        .unwrap_or_else(|| panic!("no {name}"))
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn code(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_operation_over_the_budget_is_429_and_nothing_of_it_runs() {
    let server = thrifty().await;
    let first = ask(&server, "ada", json!({ "query": EIGHT })).await;
    assert_eq!(first.status(), StatusCode::OK);
    for (name, value) in [
        ("x-query-cost", 8),
        ("x-ratelimit-limit", 10),
        ("x-ratelimit-remaining", 2),
        ("x-ratelimit-reset", 48),
    ] {
        assert_eq!(header(&first, name), value, "{name}");
    }
    assert!(!first.headers().contains_key("retry-after"));

    for accept in [
        "application/graphql-response+json",
        "application/json",
        "text/event-stream",
    ] {
        let body = json!({ "query": EIGHT }).to_string();
        let refused = server.post_as("application/json", accept, body).bearer_auth("ada").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "{accept}");
        let seconds = header(&refused, "retry-after");
        assert!((1..=48).contains(&seconds), "{seconds}");
        assert!(header(&refused, "x-ratelimit-remaining") < 8);
        let answer: Value = refused.json().await.unwrap();
        assert!(answer.get("data").is_none(), "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
        assert_eq!(answer["errors"][0]["extensions"]["retryAfter"], seconds);
    }
    let other = ask(&server, "bob", json!({ "query": EIGHT })).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn each_operation_of_a_batch_counts_and_429_is_for_batches_of_which_none_ran() {
    let server = thrifty().await;
    let part = ask(&server, "ada", json!([{ "query": EIGHT }, { "query": EIGHT }])).await;
    assert_eq!(part.status(), StatusCode::OK);
    assert!(part.headers().contains_key("retry-after"));
    let answers: Value = part.json().await.unwrap();
    assert_eq!(answers[0]["data"]["many"][7]["caller"], "ada");
    assert_eq!(answers[1]["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    let none = ask(&server, "ada", json!([{ "query": EIGHT }, { "query": EIGHT }])).await;
    assert_eq!(none.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn each_operation_of_a_socket_counts_and_the_socket_lives_on() {
    let server = thrifty().await;
    let mut socket = Client::greeted(&server, "ada").await;
    socket.subscribe("1", EIGHT).await;
    assert_eq!(socket.next().await["type"], "next");
    assert_eq!(socket.next().await["type"], "complete");
    socket.subscribe("2", EIGHT).await;
    let refused = socket.next().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    assert!(refused["payload"][0]["extensions"]["retryAfter"].as_u64().unwrap() > 0);
    // The budget is the caller's, not the socket's.
    let refused = ask(&server, "ada", json!({ "query": EIGHT })).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_is_refused_costs_as_well_and_tells_the_budget() {
    let server = thrifty().await;
    let wrong = ask(&server, "ada", json!({ "query": "{" })).await;
    assert_eq!(
        (header(&wrong, "x-query-cost"), header(&wrong, "x-ratelimit-remaining")),
        (1, 9)
    );
    for _ in 0..20 {
        ask(&server, "ada", json!({ "query": "{ unknown }" })).await;
    }
    let refused = ask(&server, "ada", json!({ "query": EIGHT })).await;
    assert_eq!(code(refused).await, "RATE_LIMITED");
    let untyped = reqwest::Client::new().post(server.url()).body("x").send().await.unwrap();
    assert_eq!(untyped.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(header(&untyped, "x-query-cost"), 0);
}

#[tokio::test]
async fn an_operation_that_is_too_costly_is_refused_before_it_runs() {
    let server = TestServer::new().await;
    let response = ask(&server, "ada", json!({ "query": "{ many(first: 50001) { caller } }" })).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(header(&response, "x-query-cost"), 1);
    assert_eq!(code(response).await, "OPERATION_TOO_COSTLY");
    // A level more is refused before costs are multiplied.
    let open = "{ many(first: 1000000)".repeat(16);
    let response = ask(
        &server,
        "ada",
        json!({ "query": format!("{open} {{ caller }} {}", "}".repeat(16)) }),
    )
    .await;
    assert_eq!(code(response).await, "DOCUMENT_TOO_LARGE");
    let most = "{ many(first: 100)".repeat(8);
    let response = ask(
        &server,
        "ada",
        json!({ "query": format!("{most} {{ caller }} {}", "}".repeat(8)) }),
    )
    .await;
    assert_eq!(code(response).await, "OPERATION_TOO_COSTLY");
}

#[tokio::test]
async fn without_a_budget_the_cost_is_told_all_the_same() {
    let server = TestServer::new().await;
    let response = ask(&server, "ada", json!({ "query": EIGHT })).await;
    assert_eq!(header(&response, "x-query-cost"), 8);
    assert!(!response.headers().contains_key("x-ratelimit-limit"));
}
