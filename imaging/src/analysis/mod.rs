//! What can be measured and found in a series of images without a trained model: CT, MR and radiographs, whole series, by methods that
//! were published, each named with its source beside the number that it gave.
//!
//! An aid for people who look themselves: nothing here is verified, and where nothing is found nothing is proved. So every search is
//! conservative, says what it looked for, and is skipped, with the reason, where its method does not hold. `docs/analysis.md` says more.
//!
//! Only [`analyze`] is needed: it reads one image at a time through a closure, works on a volume of bounded size, and asks between steps
//! whether to go on.

mod components;
mod ct;
mod grid;
mod header;
mod labels;
mod load;
mod morphology;
mod mr;
mod overlay;
mod quality;
mod radiograph;
mod report;
mod resample;
mod results;
mod said;
mod stack;
mod statistics;
mod summary;

pub use components::{Components, Neighbours, Part};
pub use grid::{Grid, Mask, Vec3, Volume};
pub use header::ImageHeader;
pub use labels::{Label, LabelClass, Labels};
pub use overlay::{LegendEntry, Montage};
pub use report::{REPORT_TYPE, ReportText};
pub use results::{
    Code, Finding, FindingKind, Measurement, Method, ModelName, Preprocessing, Region, Results, Search, Spatial,
    Statistics, Structure, Summary,
};
pub use said::Said;
pub use stack::{MAX_IMAGES, Stack};

use serde::{Deserialize, Serialize};

use crate::pixels::{PixelError, Samples};
use load::Loaded;

/// What the analysis can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Ct,
    Mr,
    /// Projection radiographs (CR, DX).
    Radiograph,
}

impl Kind {
    /// Of a Modality (0008,0060).
    ///
    /// # Errors
    /// `NotAnalysed`, which names the modality.
    pub fn of(modality: &str) -> Result<Self, AnalysisError> {
        match modality {
            "CT" => Ok(Self::Ct),
            "MR" => Ok(Self::Mr),
            "CR" | "DX" | "RG" => Ok(Self::Radiograph),
            other => {
                let known = !other.is_empty() && other.len() <= 16 && other.chars().all(|c| c.is_ascii_alphanumeric());
                let what = if known { other } else { "unknown" };
                Err(AnalysisError::NotAnalysed(format!("images of modality {what}")))
            }
        }
    }
}

/// The steps of an analysis, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Images are read and brought onto one grid.
    Loading,
    Structures,
    Findings,
    Summary,
}

/// Somebody asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// Asked between steps, with what part of the stage (0 to 1) is done.
pub type Progress<'a> = dyn Fn(Stage, f32) -> Result<(), Cancelled> + 'a;

/// Reads the given image, counted from 0 in the order of the headers.
pub type Source<'a> = dyn FnMut(usize) -> Result<Samples, PixelError> + 'a;

/// Why a series was not analysed. Messages hold numbers and DICOM terms, never patient data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    #[error("the series has no images")]
    Empty,
    #[error("the analysis reads CT, MR and radiographs, not {0}")]
    NotAnalysed(String),
    #[error("the images make no volume: {0}")]
    Geometry(String),
    #[error("image {image} of the series cannot be read: {error}")]
    Pixels { image: usize, error: PixelError },
    #[error("the analysis was cancelled")]
    Cancelled,
}

impl From<Cancelled> for AnalysisError {
    fn from(Cancelled: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// How much an analysis may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Voxels of the grid that is analysed. The analysis uses up to 20 bytes for each, and one decoded image besides.
    pub voxels: usize,
    /// The grid is not finer than this, in mm.
    pub finest_mm: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            voxels: 12 << 20,
            finest_mm: 1.0,
        }
    }
}

/// The analysis of one series: what it says, and the voxels that show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    pub results: Results,
    pub labels: Labels,
    /// The images on the grid of `labels`, in units.
    pub volume: Volume<f32>,
    /// The window for showing `volume`: centre and width.
    pub window: [f64; 2],
    /// Of the warnings, those that are about the images, whoever looks at them.
    pub of_images: Vec<String>,
}

/// Analyses one series from the headers of its images, which `read` decodes one at a time.
///
/// # Errors
/// See [`AnalysisError`]. A series that can be read in part is analysed in part, with warnings.
pub fn analyze(
    headers: &[ImageHeader],
    read: &mut Source,
    options: &Options,
    progress: &Progress,
) -> Result<Analysis, AnalysisError> {
    let stack = Stack::of(headers)?;
    let loaded = load::load(headers, &stack, read, options, progress)?;
    let series = Series {
        header: &headers[stack.order[0]],
        contrast: headers.iter().any(|header| header.contrast),
        stack: &stack,
        loaded: &loaded,
        progress,
    };
    let seen = match stack.kind {
        Kind::Ct => ct::see(&series)?,
        Kind::Mr => mr::see(&series)?,
        Kind::Radiograph => radiograph::see(&series)?,
    };
    progress(Stage::Summary, 0.0)?;
    let labels = Labels {
        classes: Label::ALL.into_iter().filter(|label| *label != Label::Outside).map(LabelClass::from).collect(),
        grid: loaded.grid,
        volume: seen.labels,
        source: stack.grid,
        images: stack.order.clone(),
    };
    let methods: Vec<(LabelClass, Method)> =
        seen.methods.into_iter().map(|(label, method)| (label.into(), method)).collect();
    let results = Results {
        model: None,
        kind: stack.kind,
        modality: headers[stack.order[0]].modality.clone(),
        preprocessing: Preprocessing {
            images_given: headers.len(),
            images_used: stack.order.len(),
            source_shape: stack.grid.shape,
            source_spacing: stack.grid.spacing(),
            shape: loaded.grid.shape,
            spacing: loaded.grid.spacing(),
        },
        spatial: Spatial {
            source_orientation: stack.grid.orientation(),
            orientation: loaded.grid.orientation(),
            spacing: loaded.grid.spacing(),
            shape: loaded.grid.shape,
            origin: loaded.grid.origin,
            scaled: stack.scaled,
        },
        statistics: statistics::of(&loaded.volume.data),
        structures: summary::structures(&loaded.grid, &loaded.volume, &labels.volume, &methods, stack.kind),
        findings: seen.findings,
        measurements: seen.measurements,
        searches: seen.searches,
        warnings: [stack.warnings.clone(), seen.warnings].concat(),
        summary: summary::middle_slice(&loaded.volume, &labels.volume),
    };
    let window = seen.window;
    Ok(Analysis {
        results,
        labels,
        volume: loaded.volume,
        window,
        of_images: stack.warnings,
    })
}

/// What each kind of analysis gets.
struct Series<'a> {
    header: &'a ImageHeader,
    contrast: bool,
    stack: &'a Stack,
    loaded: &'a Loaded,
    progress: &'a Progress<'a>,
}

/// What each kind of analysis gives.
struct Seen {
    labels: Volume<u8>,
    methods: Vec<(Label, Method)>,
    findings: Vec<Finding>,
    measurements: Vec<Measurement>,
    searches: Vec<Search>,
    warnings: Vec<String>,
    window: [f64; 2],
}

impl Series<'_> {
    /// Voxels to each side that make about `mm` along each axis.
    fn reach(&self, mm: f64) -> [usize; 3] {
        self.loaded.grid.spacing().map(|spacing| (mm / spacing).round() as usize)
    }

    /// Which of the given images shows the patient position `point`, if one does.
    fn image_at(&self, point: Vec3) -> Option<usize> {
        labels::image_at(&self.stack.grid, &self.stack.order, point)
    }

    /// The length of the volume from feet to head, in mm.
    fn height(&self) -> f64 {
        self.loaded.grid.spacing()[2] * self.loaded.grid.shape[2] as f64
    }
}
