//! Why a model gave nothing. Messages hold names of models, keys of manifests and numbers, never anything of a patient.

use imaging::analysis::Cancelled;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The manifest says something that cannot be; the text names the key.
    #[error("{0}")]
    Manifest(String),
    /// A folder or file of models cannot be read or written.
    #[error("{0}")]
    Folder(String),
    #[error("this build has no ONNX engine; build with --features onnx")]
    NoEngine,
    /// The weights are missing, too large, or not those that the manifest names.
    #[error("{0}")]
    Weights(String),
    /// The network cannot be run, or not on this input.
    #[error("the network cannot be run: {0}")]
    Network(String),
    /// The server cannot be reached, or is busy or not ready: a later attempt may succeed.
    #[error("the inference server cannot be used now: {0}")]
    Server(String),
    /// The answer is not what the manifest says.
    #[error("the answer is not what the manifest says: {0}")]
    Answer(String),
    /// The series is not one that the model takes, or is too large for it.
    #[error("the model does not take this series: {0}")]
    Series(String),
    #[error("the analysis was cancelled")]
    Cancelled,
}

impl ModelError {
    /// Whether the same question may succeed later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Server(_))
    }
}

impl From<Cancelled> for ModelError {
    fn from(Cancelled: Cancelled) -> Self {
        Self::Cancelled
    }
}
