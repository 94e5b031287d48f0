//! GraphQL over HTTP: methods, media types, statuses, batches.

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::server::TestServer;

async fn code(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    assert!(body.get("data").is_none(), "{body}");
    body["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_operation_sees_who_calls_and_no_cache_may_keep_the_answer() {
    let server = TestServer::new().await;
    let response = server.post(r#"{"query":"{ caller }"}"#).bearer_auth("ada").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(
        response.headers()["content-type"],
        "application/graphql-response+json; charset=utf-8"
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({"data": {"caller": "ada"}}));
}

#[tokio::test]
async fn a_mutation_runs_by_no_get_named_or_not() {
    let server = TestServer::new().await;
    for accept in ["application/json", "text/event-stream"] {
        for (query, name) in [
            ("mutation { bump }", ""),
            ("mutation M { bump }", ""),
            ("mutation M { bump }", "M"),
            ("query Q { caller } mutation M { bump }", "M"),
        ] {
            let response = server.get(&[("query", query), ("operationName", name)], accept).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{query}");
            assert_eq!(response.headers()["allow"], "POST");
            assert_eq!(code(response).await, "METHOD_NOT_ALLOWED");
        }
    }
}

#[tokio::test]
async fn a_body_that_a_form_could_send_runs_nothing() {
    let server = TestServer::new().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        "application/json; charset=utf-16",
    ] {
        let response = server.post_as(content_type, "*/*", r#"{"query":"mutation { bump }"}"#).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let response = Client::new().post(server.url()).body(r#"{"query":"mutation { bump }"}"#).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(code(response).await, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn other_methods_are_told_which_are_served() {
    let server = TestServer::new().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let response = Client::new().request(method, server.url()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET, POST");
    }
}

#[tokio::test]
async fn what_cannot_be_produced_is_406_and_a_subscription_needs_a_stream() {
    let server = TestServer::new().await;
    let response = server.get(&[("query", "{ caller }")], "text/html").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_ACCEPTABLE);
    let response = server.post(r#"{"query":"subscription { count(to: 1) }"}"#).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_ACCEPTABLE);
    assert_eq!(code(response).await, "NOT_ACCEPTABLE");
}

#[tokio::test]
async fn a_missing_required_variable_stops_the_operation_before_it_runs() {
    let server = TestServer::new().await;
    let query = r#"{"query":"query($t: String!) { echo(text: $t) }","variables":{"t":null}}"#;
    let response = server.post(query).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(response).await, "GRAPHQL_VALIDATION_FAILED");
    let old = server.post_as("application/json", "application/json", query).send().await.unwrap();
    assert_eq!(old.status(), StatusCode::OK);
    assert_eq!(code(old).await, "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn an_error_of_execution_is_200_with_data() {
    let server = TestServer::new().await;
    let response = server.post(r#"{"query":"{ fails }"}"#).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["data"], json!({"fails": null}));
    assert_eq!(body["errors"][0]["path"], json!(["fails"]));
}

#[tokio::test]
async fn refused_credentials_are_401_with_a_challenge() {
    let server = TestServer::new().await;
    let response = server.post(r#"{"query":"{ caller }"}"#).bearer_auth("refused").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(code(response).await, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_batch_answers_each_operation_in_its_place() {
    let server = TestServer::new().await;
    let response = server
        .post(r#"[{"query":"{ caller }"},{"query":"{"},{"query":"subscription { forever }"},{"query":"mutation { bump }"}]"#)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body[0]["data"]["caller"], "anonymous");
    assert_eq!(body[1]["errors"][0]["extensions"]["code"], "GRAPHQL_PARSE_FAILED");
    assert_eq!(body[2]["errors"][0]["extensions"]["code"], "NOT_ACCEPTABLE");
    assert_eq!(body[3]["data"]["bump"], 1);
}

#[tokio::test]
async fn an_empty_and_an_overlong_batch_are_refused() {
    let server = TestServer::new().await;
    let response = server.post("[]").send().await.unwrap();
    assert_eq!(code(response).await, "BAD_REQUEST");
    let eleven = vec![json!({"query": "{ caller }"}); 11];
    let response = server.post(Value::from(eleven).to_string()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(response).await, "TOO_MANY_OPERATIONS");
}
