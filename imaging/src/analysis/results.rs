//! What an analysis says: numbers with their units, methods and sources. Everything here can be stored as JSON; voxels are elsewhere.

use serde::{Deserialize, Serialize};

use super::Kind;
use super::grid::Vec3;

/// The results of the analysis of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Whose results these are; `None` for the methods of this crate.
    #[serde(default)]
    pub model: Option<ModelName>,
    pub kind: Kind,
    /// Modality (0008,0060) of the series.
    pub modality: String,
    pub preprocessing: Preprocessing,
    pub spatial: Spatial,
    pub statistics: Statistics,
    pub structures: Vec<Structure>,
    pub findings: Vec<Finding>,
    pub measurements: Vec<Measurement>,
    /// What was looked for, and what was not and why.
    pub searches: Vec<Search>,
    /// Sentences: what of the series was left out or is uncertain.
    pub warnings: Vec<String>,
    /// The middle slice on 256 x 256 pixels.
    pub summary: Summary,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelName {
    pub name: String,
    pub version: String,
    /// Where it comes from and who described it.
    pub source: String,
}

/// How the series became a volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    pub images_given: usize,
    pub images_used: usize,
    /// Columns, rows and slices of the images that were used.
    pub source_shape: [usize; 3],
    /// Millimetres between columns, rows and slices.
    pub source_spacing: Vec3,
    /// Voxels to the left, back and head on which the analysis ran.
    pub shape: [usize; 3],
    /// Millimetres between them.
    pub spacing: Vec3,
}

/// Where the volume lies in the patient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spatial {
    /// In which directions columns, rows and slices of the source rise, such as `LPS`.
    pub source_orientation: String,
    /// The same of the grid that was analysed.
    pub orientation: String,
    pub spacing: Vec3,
    pub shape: [usize; 3],
    /// The centre of the first voxel, in patient mm.
    pub origin: Vec3,
    /// Whether the images say how large their pixels are; else lengths count pixels.
    pub scaled: bool,
}

/// Statistics of intensities: Hounsfield units for CT, the units of the files otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    pub mean: f64,
    pub std: f64,
    pub least: f64,
    pub greatest: f64,
    /// Voxels more than two standard deviations above and below the mean.
    pub high: u64,
    pub low: u64,
}

/// How a number was found, and who described it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    pub name: String,
    pub source: String,
}

impl Method {
    pub fn new(name: &str, source: &str) -> Self {
        Self {
            name: name.to_owned(),
            source: source.to_owned(),
        }
    }
}

/// A code of SNOMED CT (PS3.16 annex D, scheme designator SCT).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    pub value: String,
    pub meaning: String,
}

/// A segmented structure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Structure {
    /// What its voxels are labelled with.
    pub label: u8,
    pub name: String,
    /// Its colour in overlays: RGB.
    pub colour: [u8; 3],
    /// `None` where no code of a body structure fits, as for the bright part of an image.
    pub code: Option<Code>,
    /// Millilitres; `None` for projections, which have no volume.
    pub volume_ml: Option<f64>,
    /// Square millimetres of a projection; `None` for volumes.
    pub area_mm2: Option<f64>,
    /// Voxels of the grid that was analysed.
    pub voxels: usize,
    /// Patient mm.
    pub centroid: Vec3,
    /// The box around it, the centres of its outermost voxels, in patient mm along left, back and head.
    pub bounds: [Vec3; 2],
    /// Mean of the intensities, in units.
    pub mean: f64,
    pub method: Method,
}

/// What a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A compact dense region within a lung.
    LungNodule,
    /// A region of air within a lung.
    LungLowDensity,
    /// A dense region within the skull.
    IntracranialHighDensity,
    /// Something denser than bone.
    DenseMaterial,
    /// The two sides of the image differ much.
    Asymmetry,
    /// The image is cut off at its darkest or brightest value.
    Clipping,
    /// The exposure is far from its target.
    Exposure,
    /// Whatever a trained model marks; its description says what.
    MarkedByModel,
}

/// A candidate that a person should look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    pub description: String,
    /// Where it is in words, such as `right lung, upper third`.
    pub location: String,
    /// Its centre in patient mm; `None` for the whole image.
    pub position: Option<Vec3>,
    /// Which of the given images shows its centre, from 0.
    pub image: Option<usize>,
    /// The diameter of the ball of its volume.
    pub diameter_mm: Option<f64>,
    pub volume_ml: Option<f64>,
    /// Mean intensity, in units.
    pub mean: Option<f64>,
    /// From 0 to 1: how well it fits what the method looks for, or the score that a model gives. Not a probability of disease.
    pub confidence: f64,
    pub method: Method,
}

/// A number about the whole series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    pub name: String,
    pub value: f64,
    /// UCUM.
    pub unit: String,
    pub method: Method,
}

/// Something that this software can look for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    pub what: String,
    /// Why it was not looked for in this series; `None` when it was.
    pub skipped: Option<String>,
}

/// The two-dimensional account of the middle slice that simple clients ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// `[1, 256, 256]`.
    pub image_shape: [usize; 3],
    /// `[1, 256, 256, 1]`.
    pub processed_shape: [usize; 4],
    /// At most five regions of more than 100 pixels, the largest first.
    pub structures: Vec<Region>,
    pub mean_intensity: f64,
    pub std_intensity: f64,
    /// Pixels more than two standard deviations above and below the mean.
    pub high_intensity_pixels: u64,
    pub low_intensity_pixels: u64,
}

/// A connected region of one structure on the middle slice, in pixels, row before column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Of which structure.
    pub label: u8,
    pub area: usize,
    pub centroid: [f64; 2],
    /// First row and column, and the ones after the last.
    pub bbox: [usize; 4],
    /// Of the ellipse with the same second moments: 0 for a circle, towards 1 for a line.
    pub eccentricity: f64,
}
