//! The study object of family A (contract S2-22, S2-26).

use super::PacsError;
use super::lists::naive;
use domain::{App, Context, centres, rows};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

#[derive(Serialize, JsonSchema)]
pub struct StudyBody {
    id: i64,
    study_id: String,
    patient_name: String,
    patient_age: Option<i32>,
    patient_gender: Option<String>,
    modality: String,
    study_type: Option<String>,
    study_description: Option<String>,
    is_urgent: bool,
    status: String,
    centre_id: i64,
    created_by_id: Option<i64>,
    assigned_radiologist_id: Option<i64>,
    /// A logical path; files are read at `/studies/{study_id}/instance/{n}`.
    dicom_files_path: String,
    num_instances: i32,
    created_at: String,
}

impl StudyBody {
    fn new(study: rows::Study, centre_name: &str) -> Self {
        Self {
            id: study.id,
            dicom_files_path: path(centre_name, &study.study_code),
            study_id: study.study_code,
            patient_name: study.patient_name,
            patient_age: study.patient_age,
            patient_gender: study.patient_gender,
            modality: study.modality,
            study_type: study.study_type,
            study_description: study.study_description,
            is_urgent: study.is_urgent,
            status: study.status,
            centre_id: study.centre_id,
            created_by_id: study.created_by_id,
            assigned_radiologist_id: study.assigned_radiologist_id,
            num_instances: study.number_of_instances,
            created_at: naive(study.created_at),
        }
    }
}

/// A logical path, which nobody may mistake for another (contract S2-26, X-36).
fn path(centre_name: &str, study_code: &str) -> String {
    let unsafe_in_paths = |c: char| c.is_control() || matches!(c, '/' | '\\');
    let centre = centre_name.replace(unsafe_in_paths, "_").replace("..", "_");
    format!("/storage/{centre}/{study_code}")
}

/// The path of one study.
pub async fn files_path(app: &App, ctx: &Context, study: &rows::Study) -> Result<String, PacsError> {
    let names = centre_names(app, ctx, std::slice::from_ref(study)).await?;
    Ok(path(
        names.get(&study.centre_id).map_or("", String::as_str),
        &study.study_code,
    ))
}

pub async fn one(app: &App, ctx: &Context, study: rows::Study) -> Result<StudyBody, PacsError> {
    let names = centre_names(app, ctx, std::slice::from_ref(&study)).await?;
    let name = names.get(&study.centre_id).cloned().unwrap_or_default();
    Ok(StudyBody::new(study, &name))
}

pub async fn all(app: &App, ctx: &Context, studies: Vec<rows::Study>) -> Result<Vec<StudyBody>, PacsError> {
    let names = centre_names(app, ctx, &studies).await?;
    let name = |study: &rows::Study| names.get(&study.centre_id).cloned().unwrap_or_default();
    Ok(studies
        .into_iter()
        .map(|study| {
            let name = name(&study);
            StudyBody::new(study, &name)
        })
        .collect())
}

async fn centre_names(app: &App, ctx: &Context, studies: &[rows::Study]) -> Result<HashMap<i64, String>, PacsError> {
    let ids: BTreeSet<i64> = studies.iter().map(|study| study.centre_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let centres = centres::centres_by_id(app, ctx, &ids).await?;
    Ok(centres.into_iter().map(|centre| (centre.id, centre.name)).collect())
}
