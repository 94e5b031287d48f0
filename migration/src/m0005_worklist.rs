//! What the worklist is filtered, searched and ordered by.

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, STUDY).await?;
        let uploaded_on = match manager.get_database_backend() {
            DbBackend::Postgres => "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
            _ => "substr(created_at, 1, 10)",
        };
        run(manager, &EXAMINED_ON.replace("{uploaded_on}", uploaded_on)).await?;
        run(manager, INDEXES).await
    }
}

/// `examined_on`: the day of the examination, `YYYY-MM-DD`. `patient_sort`: the patient's name without case and accents.
/// `words_version`: by which rules `patient_sort` and the study's words were made; older ones are made anew at the next start.
const STUDY: &str = r#"
ALTER TABLE study ADD COLUMN examined_on {key} NOT NULL DEFAULT '';
ALTER TABLE study ADD COLUMN patient_sort {key} NOT NULL DEFAULT '';
ALTER TABLE study ADD COLUMN words_version integer NOT NULL DEFAULT 0;
CREATE TABLE study_word (
  word {key} NOT NULL, study_id bigint NOT NULL REFERENCES study (id) ON DELETE CASCADE, PRIMARY KEY (word, study_id));
CREATE INDEX study_word_study ON study_word (study_id, word);
"#;

const EXAMINED_ON: &str = r#"
UPDATE study SET examined_on = CASE
  WHEN length(study_date) = 8 AND study_date BETWEEN '10000101' AND '99991231'
  THEN substr(study_date, 1, 4) || '-' || substr(study_date, 5, 2) || '-' || substr(study_date, 7, 2)
  ELSE {uploaded_on} END;
"#;

/// One for each filter with each order behind it, so that a page is read from the index and no further; with and without the centre,
/// because most callers see one centre only.
const INDEXES: &str = r#"
CREATE INDEX study_status ON study (status, id);
CREATE INDEX study_status_examined ON study (status, examined_on, id);
CREATE INDEX study_status_patient_sort ON study (status, patient_sort, id);
CREATE INDEX study_modality ON study (modality, id);
CREATE INDEX study_status_modality ON study (status, modality, id);
CREATE INDEX study_centre_status ON study (centre_id, status, id);
CREATE INDEX study_centre_status_examined ON study (centre_id, status, examined_on, id);
CREATE INDEX study_centre_status_patient_sort ON study (centre_id, status, patient_sort, id);
CREATE INDEX study_centre_modality ON study (centre_id, modality, id);
CREATE INDEX study_centre_status_modality ON study (centre_id, status, modality, id);
CREATE INDEX study_assigned ON study (assigned_radiologist_id, id);
CREATE INDEX study_assigned_status ON study (assigned_radiologist_id, status, id);
CREATE INDEX study_urgent ON study (is_urgent, id);
CREATE INDEX study_urgent_status ON study (is_urgent, status, id);
CREATE INDEX study_urgent_examined ON study (is_urgent, examined_on, id);
CREATE INDEX study_examined ON study (examined_on, id);
CREATE INDEX study_centre_examined ON study (centre_id, examined_on, id);
CREATE INDEX study_patient_sort ON study (patient_sort, id);
CREATE INDEX study_centre_patient_sort ON study (centre_id, patient_sort, id);
CREATE INDEX study_patient ON study (patient_id, examined_on, id);
CREATE INDEX study_accession ON study (accession_number, id);
CREATE INDEX study_words_version ON study (words_version, id);
"#;
