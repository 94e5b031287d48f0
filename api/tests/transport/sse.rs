//! GraphQL over SSE: the stream as bytes.

use futures::StreamExt;
use reqwest::{Response, StatusCode};

use crate::server::{TestServer, impatient};

async fn open(server: &TestServer, query: &str, caller: &str) -> Response {
    server
        .post_as(
            "application/json",
            "text/event-stream",
            serde_json::json!({ "query": query }).to_string(),
        )
        .bearer_auth(caller)
        .send()
        .await
        .unwrap()
}

/// Reads until `wanted` has come.
async fn read_until(response: Response, wanted: &str) -> String {
    let mut text = String::new();
    let mut chunks = response.bytes_stream();
    while !text.contains(wanted) {
        let chunk = chunks.next().await.expect(&text).unwrap();
        text += std::str::from_utf8(&chunk).unwrap();
    }
    text
}

#[tokio::test]
async fn a_subscription_streams_its_events_and_completes() {
    let server = TestServer::new().await;
    let response = open(&server, "subscription { count(to: 2) }", "ada").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(
        response.text().await.unwrap(),
        ":\n\n\
         event: next\ndata: {\"data\":{\"count\":1}}\n\n\
         event: next\ndata: {\"data\":{\"count\":2}}\n\n\
         event: complete\ndata:\n\n"
    );
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_by_comments() {
    let server = TestServer::with(impatient()).await;
    let response = open(&server, "subscription { forever }", "ada").await;
    let text = read_until(response, ":\n\n:\n\n:\n\n").await;
    assert!(text.contains("\"forever\":0"));
}

#[tokio::test]
async fn a_stream_ends_with_an_error_when_its_token_expires_or_is_revoked() {
    let server = TestServer::new().await;
    let response = open(&server, "subscription { forever }", "brief").await;
    let text = response.text().await.unwrap();
    assert!(text.contains("Token expired") && text.contains("UNAUTHENTICATED"));
    assert!(text.ends_with("event: complete\ndata:\n\n"));

    let response = open(&server, "subscription { forever }", "ada").await;
    server.gate.revoke.cancel();
    assert!(response.text().await.unwrap().contains("Session ended"));
}

#[tokio::test]
async fn a_stream_ends_without_complete_when_the_server_stops() {
    let server = TestServer::new().await;
    let response = open(&server, "subscription { forever }", "ada").await;
    server.shutdown.cancel();
    assert!(!response.text().await.unwrap().contains("complete"));
}

#[tokio::test]
async fn what_cannot_be_run_is_refused_before_the_stream_opens() {
    let server = TestServer::new().await;
    let response = open(&server, "{", "ada").await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let response = open(&server, "subscription { forever }", "refused").await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_does_not_fit_the_schema_is_told_by_an_event() {
    let server = TestServer::new().await;
    let response = open(&server, "subscription { unknown }", "ada").await;
    assert_eq!(response.status(), StatusCode::OK);
    let text = response.text().await.unwrap();
    assert!(text.contains("GRAPHQL_VALIDATION_FAILED"), "{text}");
    assert!(text.ends_with("event: complete\ndata:\n\n"));
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_session_and_operation() {
    let server = TestServer::new().await;
    let response = open(&server, "subscription { flood }", "ada").await;
    let session = server.gate.last_session.lock().unwrap().clone();
    drop(response);
    server.gate.flood_ended.cancelled().await;
    session.cancelled().await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off_and_costs_no_more() {
    let server = TestServer::with(impatient()).await;
    let response = open(&server, "subscription { flood }", "ada").await;
    // The client is there all the time, and reads nothing.
    server.gate.flood_ended.cancelled().await;
    let mut read = 0;
    let mut chunks = response.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        read += chunk.len();
        assert!(
            !String::from_utf8_lossy(&chunk).contains("complete"),
            "the client is to come back"
        );
    }
    assert!(read > 0, "what was sent before the cut is there");
}
