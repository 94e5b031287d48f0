//! KServe: a server that runs the same network gives the same answer, and one that misbehaves is told of and harms nothing.

use crate::server::{Request, Response, json, serve, status};
use crate::{by_formula, changed};
use inference::{Model, ModelError, Tensor};
use serde_json::{Value, json};
use std::sync::Arc;

const SHAPE: [usize; 5] = [1, 1, 4, 5, 6];
const READY: &str = "GET /v2/models/dense/versions/3/ready";
const METADATA: &str = "GET /v2/models/dense/versions/3";
const INFER: &str = "POST /v2/models/dense/versions/3/infer";

fn model(url: &str) -> Arc<dyn Model> {
    // A second provider is refused, and the first is good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let text = crate::text("dense");
    let hash = text.lines().find(|line| line.starts_with("sha256")).expect("a hash");
    let engine = format!("url = \"{url}/\"\nmodel = \"dense\"\nversion = \"3\"\ntimeout_seconds = 1");
    changed(
        "dense",
        &[
            ("kind = \"onnx\"", "kind = \"kserve\""),
            ("file = \"model.onnx\"\n", ""),
            (hash, &engine),
        ],
    )
}

/// What a good server answers to anything but inference.
fn about(request: &Request, extensions: &[&str]) -> Response {
    match request.line.as_str() {
        READY => json("{}"),
        METADATA => json(r#"{"name":"dense","inputs":[{"name":"image","datatype":"FP32","shape":[-1,1,-1,-1,-1]}]}"#),
        "GET /v2" => json(json!({ "name": "test", "extensions": extensions }).to_string()),
        other => panic!("{other} was not asked for by the protocol"),
    }
}

fn asked(answer: impl Fn(&Request) -> Response + Send + 'static) -> Result<Vec<Tensor>, ModelError> {
    model(&serve(answer)).infer(by_formula(&SHAPE))
}

/// The network of the question, run here.
fn run(question: &Value, data: Vec<f32>) -> Vec<Tensor> {
    let input = &question["inputs"][0];
    let shape: Vec<usize> = serde_json::from_value(input["shape"].clone()).expect("a shape");
    assert_eq!(
        (input["name"].as_str(), input["datatype"].as_str()),
        (Some("image"), Some("FP32"))
    );
    changed("dense", &[])
        .infer(Tensor::new("image".into(), shape, data).expect("a tensor"))
        .expect("an answer")
}

#[test]
fn a_server_that_speaks_json_gives_the_answer_of_the_network() {
    let found = asked(|request| {
        if request.line != INFER {
            return about(request, &[]);
        }
        let question: Value = serde_json::from_slice(&request.body).expect("JSON");
        let data = serde_json::from_value(question["inputs"][0]["data"].clone()).expect("data");
        let outputs: Vec<Value> = run(&question, data)
            .into_iter()
            .map(|t| json!({ "name": t.name, "shape": t.shape, "datatype": "FP32", "data": t.data }))
            .collect();
        json(json!({ "model_name": "dense", "outputs": outputs }).to_string())
    });
    assert_eq!(
        found.expect("an answer"),
        changed("dense", &[]).infer(by_formula(&SHAPE)).expect("an answer")
    );
}

#[test]
fn a_server_that_announces_bytes_is_sent_bytes_and_answers_in_bytes() {
    let found = asked(|request| {
        if request.line != INFER {
            return about(request, &["classification", "binary_tensor_data"]);
        }
        let length = request.head.lines().find_map(|line| line.strip_prefix("inference-header-content-length: "));
        let (head, tail) = request.body.split_at(length.expect("a header").parse().expect("a length"));
        let question: Value = serde_json::from_slice(head).expect("JSON");
        assert_eq!(question["parameters"]["binary_data_output"], true);
        let (numbers, _) = tail.as_chunks::<4>();
        let data = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let (mut outputs, mut bytes) = (Vec::new(), Vec::new());
        for tensor in run(&question, data) {
            let size = tensor.data.len() * 4;
            outputs.push(json!({ "name": tensor.name, "shape": tensor.shape, "datatype": "FP32", "parameters": { "binary_data_size": size } }));
            bytes.extend(tensor.data.iter().flat_map(|value| value.to_le_bytes()));
        }
        let head = json!({ "outputs": outputs }).to_string().into_bytes();
        let status = format!("200 OK\r\nInference-Header-Content-Length: {}", head.len());
        (status, [head, bytes].concat())
    });
    assert_eq!(
        found.expect("an answer"),
        changed("dense", &[]).infer(by_formula(&SHAPE)).expect("an answer")
    );
}

#[test]
fn a_server_that_is_away_or_not_ready_may_be_asked_later() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let away = model(&format!("http://{closed}")).infer(by_formula(&SHAPE));
    let waiting = asked(|request| match request.line.as_str() {
        READY => status("400 Bad Request", r#"{"error":"model is not ready"}"#),
        _ => about(request, &[]),
    });
    let busy = asked(|request| match request.line.as_str() {
        INFER => status("503 Service Unavailable", r#"{"error":"out of memory\nagain"}"#),
        _ => about(request, &[]),
    });
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_address = silent.local_addr().expect("an address");
    let late = model(&format!("http://{silent_address}")).infer(by_formula(&SHAPE));
    for (found, word) in [
        (away, "refused"),
        (waiting, "model is not ready"),
        (busy, "503: out of memory again"),
        (late, "timed out"),
    ] {
        let error = found.expect_err(word);
        assert!(error.is_temporary() && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn what_a_server_says_wrongly_is_told() {
    let other = |inputs: &'static str| {
        asked(move |request| match request.line.as_str() {
            METADATA => json(format!(r#"{{"inputs":[{inputs}]}}"#)),
            _ => about(request, &[]),
        })
    };
    let answered = |response: fn() -> Response| {
        asked(move |request| {
            if request.line == INFER {
                response()
            } else {
                about(request, &[])
            }
        })
    };
    for (found, word) in [
        (other(r#"{"name":"picture","datatype":"FP32"}"#), "picture"),
        (other(r#"{"name":"image","datatype":"UINT8"}"#), "UINT8"),
        (
            answered(|| status("404 Not Found", r#"{"error":"no such model"}"#)),
            "404: no such model",
        ),
        (answered(|| json("<html>")), "not what the manifest says"),
        (
            answered(|| json(r#"{"outputs":[{"name":"heat","shape":[2],"datatype":"FP32","data":[1]}]}"#)),
            "shape",
        ),
        (
            answered(|| status("200 OK\r\nInference-Header-Content-Length: 999999", "{}")),
            "length within",
        ),
    ] {
        let error = found.expect_err(word);
        assert!(
            !error.is_temporary() && error.to_string().contains(word),
            "{word}: {error}"
        );
    }
    let long = asked(|request| match request.line.as_str() {
        METADATA => json(" ".repeat(2 << 20)),
        _ => about(request, &[]),
    });
    assert!(matches!(long, Err(ModelError::Answer(text)) if text.contains("longer")));
}

#[test]
fn redirects_are_not_followed() {
    let elsewhere = serve(|request| panic!("{} was followed", request.line));
    let found = asked(move |_| (format!("302 Found\r\nLocation: {elsewhere}/v2"), Vec::new()));
    let error = found.expect_err("no answer").to_string();
    assert!(error.contains("answered 302"), "{error}");
}
