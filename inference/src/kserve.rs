//! Networks on another server, by version 2 of the inference protocol (KServe, Triton, MLServer, OpenVINO): ask whether the model is
//! ready and what it is made of, then send the tensor, as bytes where the server announces the binary extension, else as JSON.

mod answer;
mod ask;

use ask::Server;
use std::sync::OnceLock;

use crate::{Engine, Manifest, Model, ModelError, Tensor};

pub struct KserveModel {
    manifest: Manifest,
    /// Whether bytes can be sent; known after the first question, so that tiles are not asked about again.
    binary: OnceLock<bool>,
}

impl KserveModel {
    pub fn new(manifest: Manifest) -> Self {
        Self {
            manifest,
            binary: OnceLock::new(),
        }
    }
}

impl Model for KserveModel {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn weights_hash(&self) -> Option<&str> {
        None
    }

    fn infer(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
        let Engine::Kserve {
            url,
            model,
            version,
            timeout_seconds,
        } = &self.manifest.engine
        else {
            return Err(ModelError::Manifest("engine.kind is not kserve".to_owned()));
        };
        let server = Server::new(url, model, version.as_deref(), *timeout_seconds)?;
        // A runtime for one question: nothing of it outlives the call, wherever a model is dropped.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| ModelError::Server(format!("no runtime: {error}")))?;
        runtime.block_on(async {
            let binary = match self.binary.get() {
                Some(binary) => *binary,
                None => server.check(&input).await?,
            };
            let answer = server.infer(&input, binary).await?;
            self.binary.get_or_init(|| binary);
            Ok(answer)
        })
    }
}
