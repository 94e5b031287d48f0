//! `model.toml`: what a model is, what it takes and what it gives. Sizes are in the order of the letters of the input's orientation:
//! columns (W), rows (H), slices (D).

mod axes;
mod check;

pub use axes::{Layout, Orientation};
pub use check::{MAX_CLASSES, MAX_TILE};

use serde::Deserialize;

use crate::ModelError;

/// Larger manifests are refused unread.
pub const MAX_MANIFEST: u64 = 256 << 10;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Small letters, digits, `.`, `_` and `-`, as is `version`: they name folders.
    pub name: String,
    pub version: String,
    pub licence: String,
    /// Where it comes from and who described it.
    pub source: String,
    pub engine: Engine,
    pub input: Input,
    pub output: Output,
}

impl Manifest {
    /// # Errors
    /// `Manifest`, which names the key.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let wrong = |what: String| ModelError::Manifest(format!("model.toml: {}", what.trim_end()));
        let manifest: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        check::check(&manifest).map_err(wrong)?;
        Ok(manifest)
    }
}

/// Who runs the network.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Engine {
    /// This process.
    Onnx {
        /// A file beside the manifest.
        file: String,
        /// Of that file, in hexadecimal.
        sha256: String,
    },
    /// A server that speaks version 2 of the inference protocol of KServe.
    Kserve {
        /// Of the server, without `/v2`.
        url: String,
        model: String,
        version: Option<String>,
        /// For each request.
        #[serde(default = "a_minute")]
        timeout_seconds: u64,
    },
}

fn a_minute() -> u64 {
    60
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Of the network's input.
    pub name: String,
    /// Modality (0008,0060) of the series that it takes.
    pub modalities: Vec<String>,
    /// Body Part Examined (0018,0015), in capitals; none: any, also where a series says none.
    #[serde(default)]
    pub body_parts: Vec<String>,
    /// The axes of the tensor, such as `NCDHW`; without `D` the network sees one slice at a time.
    pub layout: Layout,
    /// In which directions of the patient columns, rows and slices rise, such as `LPS`.
    pub orientation: Orientation,
    /// Millimetres; without it the series is stretched to a fixed shape.
    pub spacing: Option<[f64; 3]>,
    pub shape: Shape,
    /// Voxels that neighbouring tiles of a fixed shape share; a quarter of the tile when left out.
    pub overlap: Option<[usize; 3]>,
    /// How often the image is repeated along the axis of channels.
    #[serde(default = "once")]
    pub channels: usize,
    /// What lies beyond the images, before it is normalised; the least value of the series when left out.
    pub padding: Option<f32>,
    pub normalisation: Normalisation,
}

fn once() -> usize {
    1
}

/// How large the tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Always this; with a spacing, larger series are seen tile by tile.
    Fixed([usize; 3]),
    /// The whole series, padded to multiples of this.
    MultipleOf([usize; 3]),
}

/// From units (Hounsfield units for CT) to what the network was trained with.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Normalisation {
    None,
    /// Cut to `low..high`, which become the two numbers of `to`.
    Window {
        low: f32,
        high: f32,
        to: [f32; 2],
    },
    /// Mean 0 and standard deviation 1 over the series.
    ZScore,
    /// Less `mean`, through `std`.
    Fixed {
        mean: f32,
        std: f32,
    },
}

/// What the network gives; at least one.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    pub labels: Option<LabelMap>,
    #[serde(default)]
    pub heat_maps: Vec<HeatMap>,
    pub scores: Option<Scores>,
}

/// What every voxel is: the greatest of the channels, or without `C` a map of whole numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelMap {
    /// Of the network's output.
    pub name: String,
    pub layout: Layout,
    pub classes: Vec<Class>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// The channel, or the number in the map; what is not listed is background.
    pub value: u8,
    pub name: String,
    /// SNOMED CT, with its meaning.
    pub code: Option<String>,
    pub meaning: Option<String>,
    /// `#rrggbb`.
    pub colour: Option<String>,
}

/// How likely every voxel belongs to something that a person should look at.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatMap {
    /// Of the network's output.
    pub name: String,
    pub layout: Layout,
    #[serde(default)]
    pub channel: usize,
    #[serde(default)]
    pub activation: Activation,
    /// From here on a voxel is marked.
    pub threshold: f32,
    /// What is marked, such as `lung nodule`.
    pub finding: String,
    /// Smaller marks are left out: the diameter of the ball (of the disc, on a radiograph) of their size.
    #[serde(default)]
    pub smallest_mm: f64,
    /// `#rrggbb`.
    pub colour: Option<String>,
}

/// What makes scores from 0 to 1 of what the network gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    #[default]
    None,
    Sigmoid,
    /// Over the channels.
    Softmax,
}

/// One score a class for the whole series (or its greatest, over tiles and slices), told in sentences.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Of the network's output.
    pub name: String,
    #[serde(default)]
    pub activation: Activation,
    /// In the order of the network's.
    pub classes: Vec<Score>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    pub name: String,
    /// From here on it is told; without it the score is only measured.
    pub threshold: Option<f32>,
    /// `{name}`, `{score}` (of 100) and `{threshold}` are filled in.
    pub sentence: Option<String>,
}
