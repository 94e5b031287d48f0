//! The study object of family A (contract S2-22, S2-26).

use super::auth::naive;
use domain::rows;
use serde::Serialize;

#[derive(Serialize)]
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
    dicom_files_path: String,
    num_instances: i32,
    created_at: String,
}

impl StudyBody {
    pub fn new(study: rows::Study, centre_name: &str) -> Self {
        // A logical path, which nobody may mistake for another (contract X-36).
        let centre = centre_name.replace(['/', '\\'], "_").replace("..", "_");
        Self {
            id: study.id,
            dicom_files_path: format!("/storage/{centre}/{}", study.study_code),
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
