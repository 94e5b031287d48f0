//! Load: clients that send one GraphQL request again and again and want the same answer each time.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// No answer may take longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Of so many answers of a client one is compared value by value; the others only by their length, because a comparison takes the
/// processors from what is measured.
const COMPARED: usize = 50;

/// A request, and its answer when it is known.
#[derive(Clone)]
pub struct Request {
    url: String,
    token: Option<String>,
    body: Bytes,
    expected: Option<Arc<Answer>>,
}

struct Answer {
    length: usize,
    value: Value,
}

/// What came of a window of time.
#[derive(Default)]
pub struct Window {
    pub answers: usize,
    pub seconds: f64,
    pub waits: Vec<Duration>,
}

impl Request {
    /// `url` is that of the GraphQL endpoint.
    pub fn new(url: String, token: Option<String>, query: &str, variables: &Value) -> Self {
        let body = json!({ "query": query, "variables": variables }).to_string().into();
        Self {
            url,
            token,
            body,
            expected: None,
        }
    }

    /// The answer's data, which must be there without errors. From now on every answer must be the same, but for the order of fields.
    pub async fn answer(&mut self, http: &reqwest::Client) -> Result<Value> {
        let bytes = self.send(http).await?;
        let answer: Value = serde_json::from_slice(&bytes).context("no JSON")?;
        ensure!(answer["errors"].is_null(), "{}", answer["errors"]);
        let data = answer["data"].clone();
        self.expected = Some(Arc::new(Answer {
            length: bytes.len(),
            value: answer,
        }));
        Ok(data)
    }

    /// How long the answer took, to its last byte.
    pub async fn wait(&self, http: &reqwest::Client, is_compared: bool) -> Result<Duration> {
        let began = Instant::now();
        let bytes = self.send(http).await?;
        let wait = began.elapsed();
        if let Some(expected) = &self.expected {
            let same = bytes.len() == expected.length
                && (!is_compared || serde_json::from_slice::<Value>(&bytes)? == expected.value);
            ensure!(same, "another answer than before: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(wait)
    }

    async fn send(&self, http: &reqwest::Client) -> Result<Bytes> {
        let request = http.post(&self.url).header("content-type", "application/json").body(self.body.clone());
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.timeout(LIMIT).send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        ensure!(
            status == StatusCode::OK,
            "{status}: {}",
            String::from_utf8_lossy(&bytes)
        );
        Ok(bytes)
    }

    /// So many clients for so long, each with a connection of its own that is kept.
    pub async fn load(&self, clients: usize, length: Duration) -> Result<Window> {
        let began = Instant::now();
        let mut running = JoinSet::new();
        for _ in 0..clients {
            let (request, http) = (self.clone(), client()?);
            running.spawn(async move {
                let mut waits = Vec::new();
                while began.elapsed() < length {
                    waits.push(request.wait(&http, waits.len() % COMPARED == 0).await?);
                }
                Ok::<_, anyhow::Error>(waits)
            });
        }
        let mut window = Window::default();
        while let Some(waits) = running.join_next().await {
            window.waits.extend(waits??);
        }
        window.answers = window.waits.len();
        window.seconds = began.elapsed().as_secs_f64();
        Ok(window)
    }
}

pub fn client() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

/// In milliseconds; `part` of a hundred are not longer.
pub fn percentile(waits: &mut [Duration], part: usize) -> f64 {
    waits.sort_unstable();
    waits[(waits.len() * part / 100).min(waits.len() - 1)].as_secs_f64() * 1e3
}
