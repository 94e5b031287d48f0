//! A resolver that panics is an internal error of its operation, on every way, and nothing of the panic is told.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{server::TestServer, websocket::Client};

const PANICS: &str = "{ panics(at: 1) }";

fn is_internal(error: &Value) -> bool {
    *error == json!({ "message": "Internal server error", "extensions": { "code": "INTERNAL" } })
}

#[tokio::test]
async fn over_http_it_is_500_and_the_rest_of_a_batch_runs() {
    let server = TestServer::new().await;
    let response = server.post(json!({ "query": PANICS }).to_string()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body: Value = response.json().await.unwrap();
    assert!(is_internal(&body["errors"][0]), "{body}");

    let batch = json!([{ "query": PANICS }, { "query": "{ caller }" }]);
    let body: Value = server.post(batch.to_string()).send().await.unwrap().json().await.unwrap();
    assert!(is_internal(&body[0]["errors"][0]), "{body}");
    assert_eq!(body[1]["data"]["caller"], "anonymous");
}

#[tokio::test]
async fn over_a_socket_it_ends_the_operation_alone() {
    let server = TestServer::new().await;
    let mut socket = Client::greeted(&server, "ada").await;
    socket.subscribe("1", PANICS).await;
    let message = socket.next().await;
    assert_eq!(message["type"], "error");
    assert!(is_internal(&message["payload"][0]), "{message}");
    socket.subscribe("2", "subscription { breaks }").await;
    assert_eq!(socket.next().await["payload"]["data"]["breaks"], 0);
    assert!(is_internal(&socket.next().await["payload"][0]));
    socket.subscribe("3", "{ caller }").await;
    assert_eq!(socket.next().await["payload"]["data"]["caller"], "ada");
}

#[tokio::test]
async fn in_an_event_stream_it_is_the_last_event() {
    let server = TestServer::new().await;
    let body = json!({ "query": "subscription { breaks }" }).to_string();
    let response = server.post_as("application/json", "text/event-stream", body).send().await.unwrap();
    let text = response.text().await.unwrap();
    assert!(
        text.contains(r#"{"data":{"breaks":0}}"#) && text.contains("INTERNAL"),
        "{text}"
    );
    assert!(text.ends_with("event: complete\ndata:\n\n"));
    assert!(!text.contains("index out of bounds"));
}
