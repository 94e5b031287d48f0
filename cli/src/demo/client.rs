//! A small GraphQL client: POST, multipart upload, and subscriptions as server-sent events.

use super::files::Sources;
use futures::{Stream, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::path::Path;

/// Files of one request; the server takes at most 5,000.
const FILES: usize = 1_000;

pub struct Client {
    http: reqwest::Client,
    pub base: String,
    pub token: String,
}

#[derive(Default)]
pub struct Uploaded {
    pub studies: Vec<Study>,
    pub skipped: Vec<String>,
}

pub struct Study {
    pub id: String,
    pub code: String,
}

impl Client {
    pub async fn sign_in(base: &str, username: &str, password: &str) -> Result<Self, String> {
        let mut client = Self {
            http: reqwest::Client::new(),
            base: base.to_owned(),
            token: String::new(),
        };
        let query =
            "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken } } }";
        let data = client
            .query(
                query,
                json!({ "input": { "username": username, "password": password } }),
            )
            .await?;
        match data["sessionCreate"]["session"]["accessToken"].as_str() {
            Some(token) => client.token = token.to_owned(),
            None => {
                return Err("the data folder holds other accounts than the demo's; choose a fresh one: GANTRY_DATA_DIR=./demo-data".into());
            }
        }
        Ok(client)
    }

    pub async fn query(&self, query: &str, variables: Value) -> Result<Value, String> {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.base))
            .json(&json!({ "query": query, "variables": variables }));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        data(request.send().await.map_err(|error| error.to_string())?).await
    }

    /// Uploads everything, with a bar.
    pub async fn upload(&self, sources: Sources) -> Result<Uploaded, String> {
        let mut uploaded = Uploaded::default();
        let mut failures = Vec::new();
        match sources {
            Sources::Phantom(slices) => {
                let bar = bar(slices.iter().map(|slice| slice.len() as u64).sum());
                let parts = slices
                    .into_iter()
                    .enumerate()
                    .map(|(n, slice)| (format!("phantom-{n:03}.dcm"), memory(slice, &bar)))
                    .collect();
                self.send(parts, &mut uploaded).await?;
                bar.finish();
            }
            Sources::Files(files) => {
                let sizes = files.iter().filter_map(|file| file.metadata().ok()).map(|meta| meta.len());
                let bar = bar(sizes.sum());
                for files in files.chunks(FILES) {
                    let mut parts = Vec::new();
                    for file in files {
                        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                        parts.push((name, stream(file, &bar).await?));
                    }
                    if let Err(failure) = self.send(parts, &mut uploaded).await {
                        failures.push(failure);
                    }
                }
                bar.finish();
            }
        }
        match (uploaded.studies.is_empty(), failures.pop()) {
            (true, Some(failure)) => Err(failure),
            (true, None) => Err("nothing was uploaded".into()),
            (false, _) => Ok(uploaded),
        }
    }

    async fn send(&self, parts: Vec<(String, Part)>, uploaded: &mut Uploaded) -> Result<(), String> {
        let count = parts.len();
        let operations = json!({
            "query": "mutation($files: [Upload!]!) { studyUpload(input: { files: $files }) {
                studies { id studyId } skipped { name reason } userErrors { message } } }",
            "variables": { "files": vec![Value::Null; count] },
        });
        let map: Value = (0..count)
            .map(|n| (n.to_string(), json!([format!("variables.files.{n}")])))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let mut form = Form::new().text("operations", operations.to_string()).text("map", map.to_string());
        for (n, (name, part)) in parts.into_iter().enumerate() {
            form = form.part(n.to_string(), part.file_name(name));
        }
        let request = self.http.post(format!("{}/graphql", self.base)).bearer_auth(&self.token).multipart(form);
        let data = data(request.send().await.map_err(|error| format!("the upload broke off: {error}"))?).await?;
        let answer = &data["studyUpload"];
        if let Some(error) = answer["userErrors"][0]["message"].as_str() {
            return Err(error.to_owned());
        }
        for file in list(&answer["skipped"]) {
            uploaded.skipped.push(format!("{}: {}", text(&file["name"]), text(&file["reason"])));
        }
        for study in list(&answer["studies"]) {
            let id = text(&study["id"]);
            if uploaded.studies.iter().all(|known| known.id != id) {
                uploaded.studies.push(Study {
                    id,
                    code: text(&study["studyId"]),
                });
            }
        }
        Ok(())
    }

    /// A subscription over server-sent events; each item is the `data` of one answer.
    pub async fn subscribe(
        &self,
        query: &str,
        variables: Value,
    ) -> Result<impl Stream<Item = Result<Value, String>> + Unpin, String> {
        let request = self
            .http
            .post(format!("{}/graphql", self.base))
            .bearer_auth(&self.token)
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query, "variables": variables }));
        let answer = request.send().await.map_err(|error| error.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("the subscription was refused: {}", answer.status()));
        }
        let mut buffer = String::new();
        let events = answer.bytes_stream().map(move |chunk| {
            let chunk = chunk.map_err(|error| format!("the subscription broke off: {error}"))?;
            buffer.push_str(&String::from_utf8_lossy(&chunk));
            let mut items = Vec::new();
            while let Some(end) = buffer.find("\n\n") {
                let event: String = buffer.drain(..end + 2).collect();
                let payload =
                    event.lines().find_map(|line| line.strip_prefix("data:")).map(str::trim).unwrap_or_default();
                if let Ok(value) = serde_json::from_str::<Value>(payload) {
                    items.push(value["data"].clone());
                }
            }
            Ok(items)
        });
        let items = events.flat_map(|items: Result<Vec<Value>, String>| {
            futures::stream::iter(match items {
                Ok(items) => items.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
        });
        Ok(Box::pin(items))
    }
}

async fn data(answer: reqwest::Response) -> Result<Value, String> {
    let status = answer.status();
    let body: Value =
        answer.json().await.map_err(|error| format!("the server answered {status} and no JSON: {error}"))?;
    match body["errors"][0]["message"].as_str() {
        Some(message) => Err(message.to_owned()),
        None => Ok(body["data"].clone()),
    }
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn bar(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("  upload        {bar:40} {bytes}/{total_bytes}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style)
}

fn memory(slice: Vec<u8>, bar: &ProgressBar) -> Part {
    let bar = bar.clone();
    let length = slice.len() as u64;
    let body = futures::stream::once(async move {
        bar.inc(length);
        Ok::<_, std::io::Error>(slice)
    });
    Part::stream_with_length(reqwest::Body::wrap_stream(body), length)
}

async fn stream(path: &Path, bar: &ProgressBar) -> Result<Part, String> {
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let length = tokio::fs::metadata(path).await.map_err(unreadable)?.len();
    let (path, bar) = (path.to_owned(), bar.clone());
    // Opened when it is its turn: a thousand files are never open at once.
    let body = futures::stream::once(async move { tokio::fs::File::open(path).await }).flat_map(move |file| {
        let bar = bar.clone();
        match file {
            Ok(file) => tokio_util::io::ReaderStream::new(file)
                .inspect(move |chunk| bar.inc(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64)))
                .left_stream(),
            Err(error) => futures::stream::iter([Err(error)]).right_stream(),
        }
    });
    Ok(Part::stream_with_length(reqwest::Body::wrap_stream(body), length))
}
