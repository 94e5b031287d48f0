//! ONNX networks in this process, by tract: read and planned when they are first asked, once for each shape of input.

use std::path::{Path, PathBuf};

use crate::{Engine, Manifest, Model, ModelError, Tensor};

pub struct OnnxModel {
    manifest: Manifest,
    #[cfg_attr(not(feature = "onnx"), expect(dead_code, reason = "only the engine reads weights"))]
    weights: PathBuf,
    #[cfg(feature = "onnx")]
    network: network::Network,
}

impl OnnxModel {
    pub fn new(manifest: Manifest, folder: &Path) -> Self {
        let weights = match &manifest.engine {
            Engine::Onnx { file, .. } => folder.join(file),
            Engine::Kserve { .. } => folder.to_owned(),
        };
        Self {
            manifest,
            weights,
            #[cfg(feature = "onnx")]
            network: network::Network::default(),
        }
    }
}

impl Model for OnnxModel {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn weights_hash(&self) -> Option<&str> {
        match &self.manifest.engine {
            Engine::Onnx { sha256, .. } => Some(sha256),
            Engine::Kserve { .. } => None,
        }
    }

    #[cfg(feature = "onnx")]
    fn infer(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
        self.network.infer(&self.weights, self.weights_hash().unwrap_or_default(), input)
    }

    #[cfg(not(feature = "onnx"))]
    fn infer(&self, _: Tensor) -> Result<Vec<Tensor>, ModelError> {
        Err(ModelError::NoEngine)
    }
}

#[cfg(feature = "onnx")]
mod network {
    use std::path::Path;
    use std::sync::{Arc, Mutex, PoisonError};

    use tract_onnx::prelude::{
        DatumExt, Framework, InferenceModel, InferenceModelExt, IntoRunnable, TractResult, TypedRunnableModel, tvec,
    };

    use crate::folder::read_weights;
    use crate::{ModelError, Tensor};

    /// A network as it is in its file, and planned for the shape that was asked last.
    #[derive(Default)]
    pub struct Network(Mutex<State>);

    #[derive(Default)]
    struct State {
        graph: Option<InferenceModel>,
        planned: Option<Arc<Planned>>,
    }

    struct Planned {
        shape: Vec<usize>,
        plan: Arc<TypedRunnableModel>,
        outputs: Vec<String>,
    }

    impl Network {
        pub fn infer(&self, weights: &Path, sha256: &str, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
            let planned = self.planned(weights, sha256, &input)?;
            let values = planned.run(&input).map_err(|error| told(&error))?;
            let named = planned.outputs.iter().zip(values);
            named.map(|(name, (shape, data))| Tensor::new(name.clone(), shape, data)).collect()
        }

        fn planned(&self, weights: &Path, sha256: &str, input: &Tensor) -> Result<Arc<Planned>, ModelError> {
            // A panic while planning leaves nothing half made.
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(planned) = state.planned.as_ref().filter(|planned| planned.shape == input.shape) {
                return Ok(planned.clone());
            }
            if state.graph.is_none() {
                let bytes = read_weights(weights, sha256)?;
                let graph = tract_onnx::onnx().model_for_read(&mut bytes.as_slice()).map_err(|error| told(&error))?;
                state.graph = Some(graph);
            }
            let graph = state.graph.clone().unwrap_or_default();
            let planned = Arc::new(plan(graph, input)?);
            state.planned = Some(planned.clone());
            Ok(planned)
        }
    }

    fn plan(graph: InferenceModel, input: &Tensor) -> Result<Planned, ModelError> {
        let inputs = graph.input_outlets().map_err(|error| told(&error))?;
        let names: Vec<&str> = inputs.iter().map(|outlet| graph.node(outlet.node).name.as_str()).collect();
        if names != [input.name.as_str()] {
            let name = &input.name;
            return Err(ModelError::Network(format!(
                "it has the inputs {names:?} and not only {name:?} as input.name says"
            )));
        }
        let outputs = graph.output_outlets().map_err(|error| told(&error))?;
        let output = |outlet: &tract_onnx::prelude::OutletId| {
            graph.outlet_label(*outlet).unwrap_or(&graph.node(outlet.node).name).to_owned()
        };
        let outputs = outputs.iter().map(output).collect();
        let fact = f32::fact(&input.shape);
        let planned = graph.with_input_fact(0, fact.into()).and_then(InferenceModelExt::into_optimized);
        let plan = planned.and_then(IntoRunnable::into_runnable).map_err(|error| told(&error))?;
        Ok(Planned {
            shape: input.shape.clone(),
            plan,
            outputs,
        })
    }

    impl Planned {
        /// Shapes and values of the outputs.
        fn run(&self, input: &Tensor) -> TractResult<Vec<(Vec<usize>, Vec<f32>)>> {
            let tensor = tract_onnx::prelude::Tensor::from_shape(&input.shape, &input.data)?;
            let outputs = self.plan.run(tvec!(tensor.into()))?;
            let values = |output: &tract_onnx::prelude::TValue| {
                let floats = output.cast_to::<f32>()?;
                let view = floats.to_plain_array_view::<f32>()?;
                Ok((output.shape().to_vec(), view.iter().copied().collect()))
            };
            outputs.iter().map(values).collect()
        }
    }

    /// The causes in one line.
    fn told(error: &tract_onnx::prelude::TractError) -> ModelError {
        let text = format!("{error:#}").replace('\n', " ");
        ModelError::Network(text.chars().take(500).collect())
    }
}
