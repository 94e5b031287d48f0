//! Models from manifest to findings: real ONNX networks, phantoms with and without lesions, folders, and an inference server.

mod engines;
mod folders;
mod manifests;
#[path = "../../../imaging/tests/analysis/phantoms.rs"]
#[allow(dead_code, reason = "the bodies of the analysis' own tests, of which these use some")]
mod phantoms;
mod series;
mod server;
mod servers;

use inference::{Manifest, Model, Tensor, model};
use std::path::PathBuf;
use std::sync::Arc;

/// The folder of one of the networks that `models/make.py` makes.
fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder(name).join("model.toml")).expect("it is there")
}

/// The network with its manifest changed, one replacement after the other.
fn changed(name: &str, changes: &[(&str, &str)]) -> Arc<dyn Model> {
    let manifest = changes.iter().fold(text(name), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    model(Manifest::parse(&manifest).expect("a manifest"), &folder(name))
}

/// (37 i mod 101) / 100, as in `models/make.py`.
fn by_formula(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let data = (0..count).map(|at| ((at * 37) % 101) as f32 / 100.0).collect();
    Tensor::new("image".into(), shape.to_vec(), data).expect("a tensor")
}
