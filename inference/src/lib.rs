//! Trained models that plug in: a folder says in `model.toml` what a network takes and gives, and this crate brings a series that
//! `imaging::analysis` has read into that shape, asks the network, and brings the answer back onto the pixels of the series.
//!
//! Networks run in this process (ONNX, by tract; feature `onnx`) or on another server (KServe). No database, no knowledge of jobs.
//! `docs/models.md` is for those who bring a model.

mod apply;
mod engine;
mod error;
mod folder;
mod kserve;
mod manifest;
mod onnx;
mod tensor;

pub use apply::{apply, zeros};
pub use engine::{Model, model};
pub use error::ModelError;
pub use folder::{Installed, MANIFEST, Models, Problem, add, hash_of_file};
pub use manifest::{
    Activation, Class, Engine, HeatMap, Input, LabelMap, Layout, Manifest, Normalisation, Orientation, Output, Score,
    Scores, Shape,
};
pub use tensor::Tensor;
