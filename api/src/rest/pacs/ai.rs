//! `/ai`: what software finds in the images of a study.

use super::PacsError;
use super::reports::ReportBody;
use super::studies;
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::rows::{Analysis, Study};
use domain::{App, Error, analyses};
use poem::http::{Method, StatusCode};
use poem::web::{Data, Json};
use poem::{IntoResponse, Request, Response, handler};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("AI", summary).text("study_id");
    vec![
        RestRoute::new(Method::POST, "/ai/process-study/:study_id", process).described(
            operation("Analyse a study in the background")
                .description("The report is there, unverified, when the job has ended.")
                .answers::<Triggered>(),
        ),
        RestRoute::new(Method::POST, "/ai/analyze-study/:study_id", analyze).described(
            operation("Analyse a study at once")
                .description("202 when it takes longer than a request may wait: it goes on in the background then.")
                .answers::<AnalysisBody>()
                .answers_later::<Triggered>()
                .refuses(&[500]),
        ),
        RestRoute::new(Method::GET, "/ai/report/:study_id", report)
            .described(operation("Get the report that software wrote").answers::<ReportBody>()),
    ]
}

#[derive(Serialize, JsonSchema)]
struct Triggered {
    message: &'static str,
    study_id: String,
}

/// `POST /ai/process-study/{study_id}` (S2-55, S2-56).
#[handler]
async fn process(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<Triggered>, PacsError> {
    let (study, _) = analyses::analysis_ask(app.0, &ctx, &studies::key(request)?).await?;
    Ok(Json(Triggered {
        message: "AI processing triggered",
        study_id: study.study_code,
    }))
}

#[derive(Serialize, JsonSchema)]
struct AnalysisBody {
    study_id: i64,
    analysis_complete: bool,
    /// `{success, image_shape, device}`, or `{success, error}`.
    preprocessing: Value,
    /// `{success, structures_detected, structures, processed_shape}`.
    anatomical_structures: Value,
    /// `{success, modality, findings, statistics}`.
    pathology_findings: Value,
    /// `{success, processed_shape, spatial_shape, orientation, spacing}`.
    torchio_processing: Value,
}

/// `POST /ai/analyze-study/{study_id}` (S2-59..64).
#[handler]
async fn analyze(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Response, PacsError> {
    let (study, found) = analyses::analysis_wait(app.0, &ctx, &studies::key(request)?).await?;
    let Some(found) = found else {
        let going_on = Triggered {
            message: "AI processing goes on in the background",
            study_id: study.study_code,
        };
        return Ok(Json(going_on).with_status(StatusCode::ACCEPTED).into_response());
    };
    // The engine's analysis of the series with the most images speaks for the study.
    let images = |analysis: &&Analysis| {
        let used = analysis.results.as_ref().and_then(|results| results["preprocessing"]["images_used"].as_u64());
        (used, analysis.model == analyses::ENGINE)
    };
    let best = found.iter().filter(|analysis| analysis.results.is_some()).max_by_key(images);
    match (best, found.first()) {
        (Some(best), _) => Ok(Json(account(&study, best)).into_response()),
        (None, Some(first)) => Ok(failed(first)),
        (None, None) => Err(Error::NotFound("DICOM files").into()),
    }
}

/// Nothing could be read: the reason is a fact of the images and no secret.
fn failed(analysis: &Analysis) -> Response {
    let why = analysis.error.as_deref().unwrap_or("the images cannot be read");
    Json(json!({ "detail": format!("Preprocessing failed: {why}") }))
        .with_status(StatusCode::INTERNAL_SERVER_ERROR)
        .into_response()
}

fn account(study: &Study, analysis: &Analysis) -> AnalysisBody {
    let results = analysis.results.clone().unwrap_or_default();
    let summary = &results["summary"];
    let findings = results["findings"].as_array().cloned().unwrap_or_default();
    let finding = |finding: &Value| {
        json!({
            "type": finding["kind"], "description": finding["description"], "confidence": finding["confidence"],
            "location": finding["location"],
        })
    };
    let regions = summary["structures"].as_array().cloned().unwrap_or_default();
    let region = |region: &Value| {
        json!({
            "area": region["area"], "centroid": region["centroid"], "bbox": region["bbox"],
            "eccentricity": region["eccentricity"],
        })
    };
    AnalysisBody {
        study_id: study.id,
        analysis_complete: true,
        preprocessing: json!({ "success": true, "image_shape": summary["image_shape"], "device": "cpu" }),
        anatomical_structures: json!({
            "success": true,
            "structures_detected": regions.len(),
            "structures": regions.iter().map(region).collect::<Value>(),
            "processed_shape": [256, 256],
        }),
        pathology_findings: json!({
            "success": true,
            "modality": results["modality"],
            "findings": findings.iter().map(finding).collect::<Value>(),
            "statistics": {
                "mean_intensity": summary["mean_intensity"], "std_intensity": summary["std_intensity"],
                "high_intensity_pixels": summary["high_intensity_pixels"],
                "low_intensity_pixels": summary["low_intensity_pixels"],
            },
        }),
        torchio_processing: spatial(&results),
    }
}

/// Without a scale nothing is known of space (S2-64).
fn spatial(results: &Value) -> Value {
    let spatial = &results["spatial"];
    if spatial["scaled"] == json!(false) {
        return json!({ "success": false, "error": "the images do not say how large their pixels are" });
    }
    json!({
        "success": true,
        "processed_shape": results["summary"]["processed_shape"],
        "spatial_shape": spatial["shape"],
        "orientation": spatial["orientation"],
        "spacing": spatial["spacing"],
    })
}

/// `GET /ai/report/{study_id}` (S2-65).
#[handler]
async fn report(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<ReportBody>, PacsError> {
    Ok(Json(
        analyses::analysis_report(app.0, &ctx, &studies::key(request)?).await?.into(),
    ))
}
