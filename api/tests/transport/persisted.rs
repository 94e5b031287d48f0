//! Documents that are named instead of sent: automatic persisted queries, and the mode where only registered operations run.

use api::graphql::transport::{Documents, Limits, Registered, Settings};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{server::TestServer, websocket::Client};

const CALLER: &str = "query Caller { caller }";

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn persisted(text: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash(text) } })
}

async fn post(server: &TestServer, body: Value) -> (StatusCode, Value) {
    let response = server.post(body.to_string()).bearer_auth("ada").send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_document_that_was_sent_with_its_hash_runs_by_its_hash_on_every_way() {
    let server = TestServer::new().await;
    let named = json!({ "extensions": persisted(CALLER) });
    let (status, body) = post(&server, named.clone()).await;
    assert_eq!(
        (status, code(&body)),
        (StatusCode::BAD_REQUEST, "PERSISTED_QUERY_NOT_FOUND")
    );
    assert_eq!(body["errors"][0]["message"], "PersistedQueryNotFound");

    let (_, body) = post(&server, json!({ "query": CALLER, "extensions": persisted(CALLER) })).await;
    assert_eq!(body["data"]["caller"], "ada");

    let data = json!({ "data": { "caller": "ada" } });
    assert_eq!(post(&server, named.clone()).await.1, data);
    assert_eq!(
        post(&server, json!({ "documentId": format!("sha256:{}", hash(CALLER)) })).await.1,
        data
    );
    assert_eq!(post(&server, json!([named])).await.1, json!([data]));

    let extensions = persisted(CALLER).to_string();
    let got = server
        .get(&[("extensions", &extensions)], "application/json")
        .bearer_auth("ada")
        .send()
        .await
        .unwrap();
    assert_eq!(got.json::<Value>().await.unwrap(), data);

    let events = server.post_as("application/json", "text/event-stream", named.to_string()).bearer_auth("ada");
    assert!(events.send().await.unwrap().text().await.unwrap().contains(&data.to_string()));

    let mut socket = Client::greeted(&server, "ada").await;
    socket.send(json!({ "type": "subscribe", "id": "1", "payload": named })).await;
    assert_eq!(socket.next().await["payload"], data);
}

#[tokio::test]
async fn an_old_client_that_takes_json_is_told_of_an_unknown_hash_with_200() {
    let server = TestServer::new().await;
    let extensions = persisted(CALLER).to_string();
    let response = server.get(&[("extensions", &extensions)], "application/json").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(code(&response.json().await.unwrap()), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn a_document_under_a_wrong_hash_is_refused_and_not_kept() {
    let server = TestServer::new().await;
    let (status, body) = post(
        &server,
        json!({ "query": "{ caller }", "extensions": persisted(CALLER) }),
    )
    .await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
    for text in [CALLER, "{ caller }"] {
        let (_, body) = post(&server, json!({ "extensions": persisted(text) })).await;
        assert_eq!(code(&body), "PERSISTED_QUERY_NOT_FOUND");
    }
}

#[tokio::test]
async fn what_exceeds_the_limits_or_does_not_parse_is_not_kept() {
    let server = TestServer::new().await;
    for (text, refusal) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        (&"{ me ".repeat(60), "DOCUMENT_TOO_LARGE"),
    ] {
        let (_, body) = post(&server, json!({ "query": text, "extensions": persisted(text) })).await;
        assert_eq!(code(&body), refusal);
        let (_, body) = post(&server, json!({ "extensions": persisted(text) })).await;
        assert_eq!(code(&body), "PERSISTED_QUERY_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_reference_that_is_none_is_named_as_the_mistake() {
    let server = TestServer::new().await;
    for (body, words) in [
        (json!({}), "`query` is missing"),
        (json!({ "variables": {} }), "`query` is missing"),
        (
            json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": "" } } }),
            "persistedQuery",
        ),
        (
            json!({ "extensions": { "persistedQuery": { "version": 1 } } }),
            "persistedQuery",
        ),
        (json!({ "extensions": { "persistedQuery": "x" } }), "persistedQuery"),
    ] {
        let (status, answer) = post(&server, body.clone()).await;
        assert_eq!(
            (status, code(&answer)),
            (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            "{body}"
        );
        assert!(
            answer["errors"][0]["message"].as_str().unwrap().contains(words),
            "{body}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_mutation_that_is_kept_runs_by_no_get_either() {
    let server = TestServer::new().await;
    let mutation = "mutation M { bump }";
    post(&server, json!({ "query": mutation, "extensions": persisted(mutation) })).await;
    let extensions = persisted(mutation).to_string();
    let response = server.get(&[("extensions", &extensions)], "application/json").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

/// A server that runs `CALLER`, with the id `7f`, and nothing else.
async fn registered() -> TestServer {
    let file = json!({ "7f": CALLER, "80": "mutation Bump { bump }" }).to_string();
    let settings = Settings {
        documents: Documents::Registered(Registered::parse(&file, &Limits::default()).unwrap()),
        ..Settings::default()
    };
    TestServer::with(settings).await
}

#[tokio::test]
async fn a_registered_operation_runs_by_hash_id_and_exact_text() {
    let server = registered().await;
    for body in [
        json!({ "query": CALLER }),
        json!({ "query": CALLER, "extensions": persisted(CALLER) }),
        json!({ "extensions": persisted(CALLER) }),
        json!({ "documentId": format!("sha256:{}", hash(CALLER)) }),
        json!({ "documentId": "7f" }),
        json!({ "doc_id": "7f" }),
        json!({ "id": "7f", "operationName": "Caller" }),
    ] {
        let (status, answer) = post(&server, body.clone()).await;
        assert_eq!(
            (status, &answer["data"]["caller"]),
            (StatusCode::OK, &json!("ada")),
            "{body}"
        );
    }
    let got = server.get(&[("documentId", "7f")], "application/json").bearer_auth("ada").send().await.unwrap();
    assert_eq!(got.json::<Value>().await.unwrap()["data"]["caller"], "ada");
    let changed = server.get(&[("documentId", "80")], "application/json").send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn what_is_not_registered_is_refused_before_it_is_parsed() {
    let server = registered().await;
    for body in [
        json!({ "query": "query Caller { caller } " }),
        json!({ "query": "{" }),
        json!({ "query": "{ __schema { types { name } } }" }),
        json!({ "query": "{ me { caller } }", "extensions": persisted("{ me { caller } }") }),
        json!({ "query": "{ me { caller } }", "documentId": "7f" }),
        json!({ "extensions": persisted("{ me { caller } }") }),
        json!({ "documentId": "81" }),
    ] {
        let (status, answer) = post(&server, body.clone()).await;
        assert_eq!(
            (status, code(&answer)),
            (StatusCode::FORBIDDEN, "OPERATION_NOT_REGISTERED"),
            "{body}"
        );
    }
    let (_, batch) = post(&server, json!([{ "documentId": "7f" }, { "query": "{ caller }" }])).await;
    assert_eq!(batch[0]["data"]["caller"], "ada");
    assert_eq!(code(&batch[1]), "OPERATION_NOT_REGISTERED");

    let mut socket = Client::greeted(&server, "ada").await;
    socket.subscribe("1", "{ caller }").await;
    assert_eq!(
        socket.next().await["payload"][0]["extensions"]["code"],
        "OPERATION_NOT_REGISTERED"
    );
    socket.send(json!({ "type": "subscribe", "id": "1", "payload": { "documentId": "7f" } })).await;
    assert_eq!(socket.next().await["payload"]["data"]["caller"], "ada");
}
