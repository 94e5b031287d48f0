//! `Analysis`: what software found in the images of a series.

use super::{Series, acting, app, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::SeriesId;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{analyses, rows};
use imaging::analysis::{self as engine, Results};

pub struct Analysis(pub rows::Analysis);

/// How a number was found, and who described it.
#[derive(SimpleObject)]
pub struct AnalysisMethod {
    /// In words.
    name: String,
    /// A paper or standard.
    source: String,
}

/// A segmented structure.
#[derive(SimpleObject)]
pub struct AnalysisStructure {
    /// In words.
    name: String,
    /// SNOMED CT code, where one fits.
    code: Option<String>,
    /// Millilitres; null for projections.
    volume_ml: Option<f64>,
    /// Square millimetres of a projection; null for volumes.
    area_mm2: Option<f64>,
    /// Patient coordinates in millimetres: left, posterior, superior.
    centroid: Vec<f64>,
    /// Mean of the intensities: Hounsfield units for CT.
    mean: f64,
    /// How it was found.
    method: AnalysisMethod,
}

/// A candidate that a person should look at.
#[derive(SimpleObject)]
pub struct AnalysisFinding {
    /// Such as `lung_nodule`.
    kind: String,
    /// In words.
    description: String,
    /// Such as `right lung, upper third`.
    location: String,
    /// Patient coordinates in millimetres; null for the whole image.
    position: Option<Vec<f64>>,
    /// Diameter of the ball of its volume.
    diameter_mm: Option<f64>,
    /// Millilitres.
    volume_ml: Option<f64>,
    /// From 0 to 1: how well it fits what the method looks for. Not a probability of disease.
    confidence: f64,
    /// How it was found.
    method: AnalysisMethod,
}

/// A number about the whole series.
#[derive(SimpleObject)]
pub struct AnalysisMeasurement {
    /// In words.
    name: String,
    /// In the unit.
    value: f64,
    /// UCUM.
    unit: String,
    /// How it was found.
    method: AnalysisMethod,
}

/// A colour of the picture of the segmentation.
#[derive(SimpleObject)]
pub struct AnalysisColour {
    /// What has it.
    label: String,
    /// `#rrggbb`.
    colour: String,
}

fn method(method: engine::Method) -> AnalysisMethod {
    AnalysisMethod {
        name: method.name,
        source: method.source,
    }
}

impl Analysis {
    fn results(&self) -> Option<Results> {
        serde_json::from_value(self.0.results.clone()?).ok()
    }
}

/// What a model found in the images of a series, last. An aid: nothing of it is verified.
#[Object]
impl Analysis {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Analysis(self.0.uuid).into()
    }

    /// The series that was analysed.
    async fn series(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Series>> {
        Ok(load(&loaders(ctx)?.series, SeriesId(self.0.series_id)).await?.map(Series))
    }

    /// Its name.
    async fn model(&self) -> &str {
        &self.0.model
    }

    /// Its version.
    async fn model_version(&self) -> &str {
        &self.0.model_version
    }

    /// SHA-256 of its weights, where it has any.
    async fn weights_hash(&self) -> Option<&str> {
        self.0.weights_hash.as_deref()
    }

    /// SHA-256 over the hashes of the files that it read.
    async fn input_hash(&self) -> &str {
        &self.0.input_hash
    }

    /// Why the series was not analysed; null when it was.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// What was segmented.
    async fn structures(&self) -> Vec<AnalysisStructure> {
        let structures = self.results().map(|results| results.structures).unwrap_or_default();
        let one = |structure: engine::Structure| AnalysisStructure {
            name: structure.name,
            code: structure.code.map(|code| code.value),
            volume_ml: structure.volume_ml,
            area_mm2: structure.area_mm2,
            centroid: structure.centroid.to_vec(),
            mean: structure.mean,
            method: method(structure.method),
        };
        structures.into_iter().map(one).collect()
    }

    /// What a person should look at.
    async fn findings(&self) -> Vec<AnalysisFinding> {
        let findings = self.results().map(|results| results.findings).unwrap_or_default();
        let word = |kind: engine::FindingKind| {
            serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(String::from)).unwrap_or_default()
        };
        let one = |finding: engine::Finding| AnalysisFinding {
            kind: word(finding.kind),
            description: finding.description,
            location: finding.location,
            position: finding.position.map(|position| position.to_vec()),
            diameter_mm: finding.diameter_mm,
            volume_ml: finding.volume_ml,
            confidence: finding.confidence,
            method: method(finding.method),
        };
        findings.into_iter().map(one).collect()
    }

    /// Numbers about the whole series.
    async fn measurements(&self) -> Vec<AnalysisMeasurement> {
        let measurements = self.results().map(|results| results.measurements).unwrap_or_default();
        let one = |measurement: engine::Measurement| AnalysisMeasurement {
            name: measurement.name,
            value: measurement.value,
            unit: measurement.unit,
            method: method(measurement.method),
        };
        measurements.into_iter().map(one).collect()
    }

    /// What of the series was left out or is uncertain, in sentences.
    async fn warnings(&self) -> Vec<String> {
        self.results().map(|results| results.warnings).unwrap_or_default()
    }

    /// Path and query of the picture of the segmentation, a PNG; needs no credentials and ends.
    async fn overlay_url(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(analyses::overlay_url(app(ctx)?, acting(ctx)?, &self.0).map(|url| url.path))
    }

    /// What the colours of the picture stand for.
    async fn overlay_colours(&self) -> Vec<AnalysisColour> {
        let legend = self.0.overlay_legend.as_ref().and_then(|legend| legend.as_array()).cloned().unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let one = |entry: &serde_json::Value| AnalysisColour {
            label: text(&entry["label"]),
            colour: text(&entry["colour"]),
        };
        legend.iter().map(one).collect()
    }

    /// SOP Instance UID of the DICOM Segmentation that was stored in the study.
    async fn segmentation_uid(&self) -> Option<&str> {
        self.0.segmentation_uid.as_deref()
    }

    /// SOP Instance UID of the DICOM Structured Report that was stored in the study.
    async fn structured_report_uid(&self) -> Option<&str> {
        self.0.report_uid.as_deref()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
