//! A client as the outside world has it: HTTP, JSON and server-sent events.

use futures::{Stream, StreamExt};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::pin::Pin;

#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub base: String,
    pub token: Option<String>,
}

/// What a subscriber receives: whole answers.
pub type Events = Pin<Box<dyn Stream<Item = Value> + Send>>;

pub const UPLOAD: &str =
    "mutation($files: [Upload!]!, $centre: ID) { studyUpload(input: { files: $files, centre: $centre }) {
    studies { id studyId studyInstanceUid numberOfInstances numberOfSeries patientName patientWarning }
    skipped { name reason } duplicates userErrors { code field message } } }";

impl Client {
    pub fn new(base: &str, token: Option<String>) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: base.into(),
            token,
        }
    }

    pub async fn sign_in(base: &str, username: &str, password: &str) -> Self {
        let answer = Self::new(base, None)
            .gql(
                "mutation($u: String!, $p: String!) { sessionCreate(input: { username: $u, password: $p }) { session { accessToken } } }",
                json!({ "u": username, "p": password }),
            )
            .await;
        let token = answer["data"]["sessionCreate"]["session"]["accessToken"].as_str();
        Self::new(base, Some(token.unwrap_or_else(|| panic!("no token: {answer}")).into()))
    }

    /// A REST request with the caller's token.
    pub fn rest(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A GraphQL request by GET.
    pub fn gql_get(&self, parameters: &[(&str, &str)]) -> RequestBuilder {
        let url = reqwest::Url::parse_with_params(&self.base, parameters).expect("an address");
        self.rest(Method::GET, &format!("/graphql?{}", url.query().unwrap_or_default()))
    }

    /// The whole GraphQL answer.
    pub async fn gql(&self, query: &str, variables: Value) -> Value {
        let request = self.rest(Method::POST, "/graphql").json(&json!({ "query": query, "variables": variables }));
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// The data of a GraphQL answer that must have no errors.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.gql(query, variables).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }

    /// The whole answer of an upload by the multipart request specification.
    pub async fn upload_answer(&self, files: Vec<(String, Vec<u8>)>, centre: Option<&str>) -> Value {
        let parts = files.into_iter().map(|(name, bytes)| Part::bytes(bytes).file_name(name)).collect();
        self.upload_parts(parts, centre).await.expect("an answer")
    }

    /// The same with parts that may be streams, and that the server may not live to answer.
    pub async fn upload_parts(&self, parts: Vec<Part>, centre: Option<&str>) -> reqwest::Result<Value> {
        self.send_files(UPLOAD, json!({ "centre": centre }), parts).await
    }

    /// The whole answer of an operation that has a variable `files`.
    pub async fn send_files(&self, query: &str, mut variables: Value, parts: Vec<Part>) -> reqwest::Result<Value> {
        variables["files"] = json!(vec![Value::Null; parts.len()]);
        let operations = json!({ "query": query, "variables": variables });
        let map: serde_json::Map<String, Value> =
            (0..parts.len()).map(|n| (n.to_string(), json!([format!("variables.files.{n}")]))).collect();
        let mut form = Form::new().text("operations", operations.to_string()).text("map", Value::from(map).to_string());
        for (n, part) in parts.into_iter().enumerate() {
            form = form.part(n.to_string(), part);
        }
        let request = self.rest(Method::POST, "/graphql").header("graphql-preflight", "1").multipart(form);
        request.send().await?.json().await
    }

    /// The payload of `studyUpload`, which must have gone through.
    pub async fn upload(&self, files: Vec<(String, Vec<u8>)>) -> Value {
        let answer = self.upload_answer(files, None).await;
        let payload = &answer["data"]["studyUpload"];
        assert_eq!(payload["userErrors"], json!([]), "{answer}");
        payload.clone()
    }

    /// Follows a subscription over server-sent events.
    pub async fn subscribe(&self, query: &str, variables: Value) -> Events {
        self.try_subscribe(query, variables).await.expect("a stream of events")
    }

    /// The same from a server that may be away.
    pub async fn try_subscribe(&self, query: &str, variables: Value) -> reqwest::Result<Events> {
        let request = self
            .rest(Method::POST, "/graphql")
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query, "variables": variables }));
        let answer = request.send().await?.error_for_status()?;
        let mut buffer = String::new();
        let events = answer.bytes_stream().flat_map(move |chunk| {
            // A server that stops cuts the stream; what came before counts.
            buffer.push_str(&String::from_utf8_lossy(&chunk.unwrap_or_default()));
            let mut items = Vec::new();
            while let Some(end) = buffer.find("\n\n") {
                let event: String = buffer.drain(..end + 2).collect();
                let data = event.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or_default();
                items.extend(serde_json::from_str::<Value>(data.trim()).ok());
            }
            futures::stream::iter(items)
        });
        Ok(Box::pin(events))
    }
}
