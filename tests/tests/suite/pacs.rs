//! The PACS REST API, line by line of its contract, as its documented clients speak it.

mod accounts;
mod ai;
mod billing;
mod centres;
mod documentation;
mod reports;
mod sessions;
mod shapes;
mod studies;

use reqwest::Method;
use serde_json::Value;
use tests::Client;

/// Status and JSON of an answer.
async fn call(client: &Client, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = client.rest(method, path);
    let request = match &body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}")),
    )
}

async fn get(client: &Client, path: &str) -> (u16, Value) {
    call(client, Method::GET, path, None).await
}

async fn post(client: &Client, path: &str, body: Value) -> (u16, Value) {
    call(client, Method::POST, path, Some(body)).await
}

async fn patch(client: &Client, path: &str, body: Value) -> (u16, Value) {
    call(client, Method::PATCH, path, Some(body)).await
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// The number of a signed-in user.
async fn number(client: &Client) -> i64 {
    get(client, "/auth/me").await.1["id"].as_i64().unwrap()
}

fn detail(text: &str) -> Value {
    serde_json::json!({ "detail": text })
}
