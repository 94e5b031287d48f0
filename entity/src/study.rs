//! Table `study`: a study within a centre; words of the upload form and attributes of the files.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "study")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    /// The 8-character id that clients show (contract S2-24).
    pub study_code: String,
    pub centre_id: i64,
    pub created_by_id: Option<i64>,
    pub assigned_radiologist_id: Option<i64>,
    pub assigned_at: Option<DateTimeUtc>,
    pub study_instance_uid: String,
    pub status: String,
    /// `urgency` is `emergency` or `urgent`.
    pub is_urgent: bool,
    pub urgency: String,
    /// When its report is to be verified, in whole seconds.
    pub due_at: DateTimeUtc,
    /// When its first report was verified.
    pub verified_at: Option<DateTimeUtc>,
    /// When people were told that it is late.
    pub overdue_at: Option<DateTimeUtc>,
    /// Since when it waits for somebody to whom the server can give it.
    pub assignment_waits_at: Option<DateTimeUtc>,
    pub patient_name: String,
    pub patient_age: Option<i32>,
    pub patient_gender: Option<String>,
    pub modality: String,
    pub study_type: Option<String>,
    pub study_description: Option<String>,
    /// What the form and the files disagree about, when they do.
    pub patient_warning: Option<String>,
    /// PatientName of the files in DICOM form, component groups divided by `=`.
    pub dicom_patient_name: Option<String>,
    pub patient_id: Option<String>,
    pub issuer_of_patient_id: Option<String>,
    pub patient_birth_date: Option<String>,
    pub patient_sex: Option<String>,
    pub dicom_patient_age: Option<String>,
    pub accession_number: Option<String>,
    pub referring_physician_name: Option<String>,
    pub study_date: Option<String>,
    pub study_time: Option<String>,
    pub dicom_study_id: Option<String>,
    pub dicom_study_description: Option<String>,
    pub institution_name: Option<String>,
    /// Day of the examination, `YYYY-MM-DD`: Study Date, else the day of upload (UTC).
    pub examined_on: String,
    /// The patient's name without case and accents, to be ordered by.
    pub patient_sort: String,
    /// By which rules `patient_sort` and the rows of `study_word` were made.
    pub words_version: i32,
    pub number_of_series: i32,
    pub number_of_instances: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
