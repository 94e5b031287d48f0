//! Rows of a new study and series, made from the form and the files; the words that clients use for modality.

use super::due::due_at;
use super::{StudyStatus, words};
use crate::context::Context;
use crate::uploads::{UploadForm, name_warning};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{centre, series, study};
use imaging::index::{Attributes, InstanceAttributes, StudyAttributes};
use rand::Rng;
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

/// Modality as clients say it (contract S2-28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modality {
    Ct,
    Xray,
    Mri,
    Ultrasound,
    Pet,
    Mammography,
    /// Only ever answered.
    Other,
}

impl Modality {
    pub const ALL: [Modality; 7] = [
        Self::Ct,
        Self::Xray,
        Self::Mri,
        Self::Ultrasound,
        Self::Pet,
        Self::Mammography,
        Self::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ct => "ct",
            Self::Xray => "xray",
            Self::Mri => "mri",
            Self::Ultrasound => "ultrasound",
            Self::Pet => "pet",
            Self::Mammography => "mammography",
            Self::Other => "other",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|modality| modality.as_str() == text)
    }

    /// From the DICOM attribute Modality (0008,0060).
    pub fn from_dicom(text: &str) -> Self {
        match text.trim() {
            "CT" => Self::Ct,
            "CR" | "DX" | "XA" | "RF" => Self::Xray,
            "MR" => Self::Mri,
            "US" => Self::Ultrasound,
            "PT" => Self::Pet,
            "MG" => Self::Mammography,
            _ => Self::Other,
        }
    }
}

pub(crate) fn new_row(ctx: &Context, centre: &centre::Model, form: &UploadForm, a: &Attributes) -> study::ActiveModel {
    let (now, s) = (Utc::now(), &a.study);
    let urgency = form.urgency(s);
    let from_file = || Modality::from_dicom(a.series.modality.as_deref().unwrap_or_default());
    study::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        study_code: Set(study_code()),
        centre_id: Set(centre.id),
        created_by_id: Set(ctx.user_id()),
        assigned_radiologist_id: Set(None),
        assigned_at: Set(None),
        study_instance_uid: Set(s.study_instance_uid.clone()),
        status: Set(StudyStatus::Uploaded.as_str().into()),
        is_urgent: Set(urgency.is_urgent()),
        urgency: Set(urgency.as_str().into()),
        due_at: Set(due_at(centre, urgency, now)),
        verified_at: Set(None),
        overdue_at: Set(None),
        assignment_waits_at: Set(None),
        patient_name: Set(form.name(s)),
        patient_age: Set(form.age(s)),
        patient_gender: Set(form.gender(s)),
        modality: Set(form.modality.unwrap_or_else(from_file).as_str().into()),
        study_type: Set(form.study_type.clone()),
        study_description: Set(form.study_description.clone().or_else(|| s.study_description.clone())),
        patient_warning: Set(None),
        dicom_patient_name: Set(s.patient_name.clone()),
        patient_id: Set(s.patient_id.clone()),
        issuer_of_patient_id: Set(s.issuer_of_patient_id.clone()),
        patient_birth_date: Set(s.patient_birth_date.clone()),
        patient_sex: Set(s.patient_sex.clone()),
        dicom_patient_age: Set(s.patient_age.clone()),
        accession_number: Set(s.accession_number.clone()),
        referring_physician_name: Set(s.referring_physician_name.clone()),
        study_date: Set(s.study_date.clone()),
        study_time: Set(s.study_time.clone()),
        dicom_study_id: Set(s.study_id.clone()),
        dicom_study_description: Set(s.study_description.clone()),
        institution_name: Set(s.institution_name.clone()),
        examined_on: Set(examined_on(s.study_date.as_deref(), now)),
        patient_sort: Set(words::sort_key(&form.name(s))),
        words_version: Set(words::VERSION),
        number_of_series: Set(0),
        number_of_instances: Set(0),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

/// Study Date, where it is a day of the calendar; else the day of upload.
fn examined_on(study_date: Option<&str>, uploaded_at: DateTime<Utc>) -> String {
    let day = study_date.and_then(dicom_day).unwrap_or(uploaded_at.date_naive());
    day.to_string()
}

/// A DA value (PS3.5 section 6.2), `YYYYMMDD`.
pub fn dicom_day(text: &str) -> Option<NaiveDate> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}

/// Eight of `A-Z0-9`, with a letter first, so that it never reads as a numeric id (contract S2-24).
fn study_code() -> String {
    const CHARACTERS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut rng = rand::rng();
    (0..8)
        .map(|place| char::from(CHARACTERS[rng.random_range(0..if place == 0 { 26 } else { 36 })]))
        .collect()
}

pub(crate) fn new_series(study_id: i64, a: &Attributes) -> series::ActiveModel {
    let s = a.series.clone();
    series::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        study_id: Set(study_id),
        series_instance_uid: Set(s.series_instance_uid),
        modality: Set(s.modality),
        series_number: Set(s.series_number),
        series_description: Set(s.series_description),
        body_part_examined: Set(s.body_part_examined),
        laterality: Set(s.laterality),
        series_date: Set(s.series_date),
        series_time: Set(s.series_time),
        performed_procedure_step_start_date: Set(s.performed_procedure_step_start_date),
        performed_procedure_step_start_time: Set(s.performed_procedure_step_start_time),
        station_name: Set(s.station_name),
        manufacturer: Set(s.manufacturer),
        request_attributes: Set(serde_json::to_value(s.request_attributes).ok()),
        number_of_instances: Set(0),
        metadata_object_key: Set(None),
        created_at: Set(Utc::now()),
        ..Default::default()
    }
}

/// Millimetres along the normal of the image plane, by which slices are put in order (PS3.3 C.7.6.2.1.1).
pub(crate) fn slice_position(a: &InstanceAttributes) -> Option<f64> {
    let (position, [rx, ry, rz, cx, cy, cz]) = (a.image_position_patient?, a.image_orientation_patient?);
    let normal = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
    let distance: f64 = position.iter().zip(normal).map(|(p, n)| p * n).sum();
    distance.is_finite().then_some(distance)
}

/// What a person must see before reading: names that disagree, patients that are mixed, files that are missing.
pub(crate) fn warning<'a>(
    study: &study::Model,
    form: &UploadForm,
    files: impl Iterator<Item = &'a StudyAttributes>,
    damaged: usize,
) -> Option<String> {
    let known = study.patient_warning.iter();
    let mut warnings: Vec<String> = known.flat_map(|text| text.split('\n').map(String::from)).collect();
    if let Some(typed) = form.patient_name.as_deref() {
        warnings.extend(name_warning("study", &study.patient_name, "form", typed));
    }
    for file in files {
        if let Some(name) = file.patient_name.as_deref() {
            warnings.extend(name_warning("study", &study.patient_name, "files", name));
        }
        if file.patient_id.is_some() && study.patient_id.is_some() && file.patient_id != study.patient_id {
            warnings.push("The files name more than one Patient ID".into());
        }
    }
    if damaged > 0 {
        warnings.push(format!(
            "{damaged} damaged files of an upload were refused; images may be missing"
        ));
    }
    let mut seen = std::collections::HashSet::new();
    warnings.retain(|text| seen.insert(text.clone()));
    (!warnings.is_empty()).then(|| warnings.join("\n"))
}
