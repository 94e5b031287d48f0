//! The questions: readiness, metadata, inference. No redirects are followed and no answer is read beyond its bound.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer;
use crate::{ModelError, Tensor};

/// Says how many of the first bytes of a body are JSON.
pub const HEADER_LENGTH: &str = "Inference-Header-Content-Length";
const BINARY: &str = "binary_tensor_data";
const MAX_METADATA: usize = 1 << 20;
const MAX_ANSWER: usize = 1 << 30;
/// What of a server's words is repeated.
const MAX_WORDS: usize = 300;

pub struct Server {
    client: Client,
    /// Of the server and of the model.
    root: String,
    model: String,
}

#[derive(Deserialize)]
struct ServerMetadata {
    #[serde(default)]
    extensions: Vec<String>,
}

#[derive(Deserialize)]
struct ModelMetadata {
    #[serde(default)]
    inputs: Vec<TensorMetadata>,
}

#[derive(Deserialize)]
struct TensorMetadata {
    name: String,
    datatype: String,
}

impl Server {
    pub fn new(url: &str, model: &str, version: Option<&str>, timeout_seconds: u64) -> Result<Self, ModelError> {
        let client = Client::builder()
            .timeout(Duration::from_secs(timeout_seconds))
            .connect_timeout(Duration::from_secs(timeout_seconds.min(10)))
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let root = format!("{}/v2", url.trim_end_matches('/'));
        let version = version.map(|version| format!("/versions/{version}")).unwrap_or_default();
        Ok(Self {
            client: client.map_err(|error| ModelError::Server(told(&error)))?,
            model: format!("{root}/models/{model}{version}"),
            root,
        })
    }

    /// Whether the model is ready and takes such a tensor; gives whether tensors can be sent as bytes.
    pub async fn check(&self, input: &Tensor) -> Result<bool, ModelError> {
        let ready = self.send(self.client.get(format!("{}/ready", self.model))).await?;
        bounded(ready, MAX_METADATA).await?;
        self.check_input(input).await?;
        Ok(self.speaks_binary().await)
    }

    pub async fn infer(&self, input: &Tensor, binary: bool) -> Result<Vec<Tensor>, ModelError> {
        let url = format!("{}/infer", self.model);
        let (head, tail) = question(input, binary);
        let request = self.client.post(url).header(
            "Content-Type",
            if binary {
                "application/octet-stream"
            } else {
                "application/json"
            },
        );
        let request = if binary {
            request.header(HEADER_LENGTH, head.len())
        } else {
            request
        };
        let response = self.send(request.body([head, tail].concat())).await?;
        let length = response
            .headers()
            .get(HEADER_LENGTH)
            .map(|value| value.to_str().ok().and_then(|text| text.parse().ok()));
        let body = bounded(response, MAX_ANSWER).await?;
        match length {
            None => answer::read(&body, &[]),
            Some(Some(length)) if length <= body.len() => answer::read(&body[..length], &body[length..]),
            Some(_) => Err(ModelError::Answer(format!(
                "{HEADER_LENGTH} is not a length within the body"
            ))),
        }
    }

    /// Fails early, with words that help, when the model is made for something else.
    async fn check_input(&self, input: &Tensor) -> Result<(), ModelError> {
        let body = bounded(self.send(self.client.get(&self.model)).await?, MAX_METADATA).await?;
        let metadata: ModelMetadata = serde_json::from_slice(&body)
            .map_err(|error| ModelError::Answer(format!("the metadata of the model cannot be read: {error}")))?;
        // Some servers tell nothing of inputs.
        let inputs: Vec<&str> = metadata.inputs.iter().map(|known| known.name.as_str()).collect();
        if inputs.is_empty() {
            return Ok(());
        }
        match metadata.inputs.iter().find(|known| known.name == input.name) {
            None => Err(ModelError::Network(format!(
                "it has the inputs {} and not {:?} as input.name says",
                words(&format!("{inputs:?}")),
                input.name
            ))),
            Some(known) if known.datatype != "FP32" => Err(ModelError::Network(format!(
                "its input {} takes {}; only FP32 is sent",
                input.name,
                words(&known.datatype)
            ))),
            Some(_) => Ok(()),
        }
    }

    /// A server that tells nothing of itself speaks JSON.
    async fn speaks_binary(&self) -> bool {
        let Ok(response) = self.send(self.client.get(&self.root)).await else {
            return false;
        };
        let body = bounded(response, MAX_METADATA).await.unwrap_or_default();
        serde_json::from_slice::<ServerMetadata>(&body)
            .is_ok_and(|metadata| metadata.extensions.iter().any(|extension| extension == BINARY))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ModelError> {
        let response = request.send().await.map_err(|error| ModelError::Server(told(&error)))?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let path = response.url().path().to_owned();
        let body = bounded(response, MAX_METADATA).await.unwrap_or_default();
        let said = serde_json::from_slice::<Value>(&body).ok().and_then(|body| body["error"].as_str().map(words));
        let text = format!(
            "{path} answered {}{}",
            status.as_u16(),
            said.map(|said| format!(": {said}")).unwrap_or_default()
        );
        let later = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || path.ends_with("/ready");
        Err(if later {
            ModelError::Server(text)
        } else {
            ModelError::Network(text)
        })
    }
}

/// The JSON of a question, and the bytes after it.
fn question(input: &Tensor, binary: bool) -> (Vec<u8>, Vec<u8>) {
    let mut tensor = json!({ "name": input.name, "shape": input.shape, "datatype": "FP32" });
    let mut question = json!({});
    let mut tail = Vec::new();
    if binary {
        tail = input.data.iter().flat_map(|value| value.to_le_bytes()).collect();
        tensor["parameters"] = json!({ "binary_data_size": tail.len() });
        question["parameters"] = json!({ "binary_data_output": true });
    } else {
        tensor["data"] = json!(input.data);
    }
    question["inputs"] = json!([tensor]);
    (question.to_string().into_bytes(), tail)
}

/// The body, if it is not larger than `most`.
async fn bounded(mut response: Response, most: usize) -> Result<Vec<u8>, ModelError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| ModelError::Server(told(&error)))? {
        if body.len() + chunk.len() > most {
            return Err(ModelError::Answer(format!("it is longer than {most} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// With its causes, which say more than the error itself.
fn told(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    words(&text)
}

/// A stranger's words, in one line of bounded length.
fn words(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_WORDS).collect()
}
