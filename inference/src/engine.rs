//! What every engine can do, and which engine a manifest asks for.

use std::path::Path;
use std::sync::Arc;

use crate::kserve::KserveModel;
use crate::onnx::OnnxModel;
use crate::{Engine, Manifest, ModelError, Tensor};

/// A network that can be asked.
pub trait Model: Send + Sync {
    fn manifest(&self) -> &Manifest;

    /// SHA-256 of the weights, in hexadecimal; `None` where another server keeps them.
    fn weights_hash(&self) -> Option<&str>;

    /// Asks the network once. Blocks: not to be called on a thread of an async runtime.
    ///
    /// # Errors
    /// `NoEngine`, `Weights`, `Network` and `Server`.
    fn infer(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError>;
}

/// The model of a manifest in `folder`. Cheap: weights are read when they are first needed.
pub fn model(manifest: Manifest, folder: &Path) -> Arc<dyn Model> {
    match &manifest.engine {
        Engine::Onnx { .. } => Arc::new(OnnxModel::new(manifest, folder)),
        Engine::Kserve { .. } => Arc::new(KserveModel::new(manifest)),
    }
}
