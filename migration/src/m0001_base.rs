//! Identity, studies, objects and events.

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, IDENTITY).await?;
        run(manager, STUDIES).await?;
        run(manager, OBJECTS).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => run(manager, EVENT_POSTGRES).await,
            _ => run(manager, EVENT_SQLITE).await,
        }
    }
}

const IDENTITY: &str = r#"
CREATE TABLE centre (
  id {id}, name text NOT NULL, address text, contact_email text, contact_phone text,
  is_active boolean NOT NULL DEFAULT true, created_at {ts} NOT NULL, updated_at {ts} NOT NULL);
CREATE UNIQUE INDEX centre_name ON centre (lower(name));

CREATE TABLE "user" (
  id {id}, username text NOT NULL, email text NOT NULL, full_name text NOT NULL, password_hash text NOT NULL,
  role text CHECK (role IN ('admin','radiologist','technician','diagnostic_centre')),
  centre_id bigint REFERENCES centre (id), is_active boolean NOT NULL DEFAULT true,
  token_version integer NOT NULL DEFAULT 0, created_at {ts} NOT NULL, updated_at {ts} NOT NULL);
CREATE UNIQUE INDEX user_username ON "user" (lower(username));
CREATE UNIQUE INDEX user_email ON "user" (lower(email));
CREATE INDEX user_centre ON "user" (centre_id, id);

CREATE TABLE refresh_token (
  id {uuid} PRIMARY KEY NOT NULL, family {uuid} NOT NULL, user_id bigint NOT NULL REFERENCES "user" (id),
  expires_at {ts} NOT NULL, used_at {ts}, revoked_at {ts}, created_at {ts} NOT NULL);
CREATE INDEX refresh_token_family ON refresh_token (family);
CREATE INDEX refresh_token_user ON refresh_token (user_id);

CREATE TABLE login_failure (
  id {id}, account text NOT NULL, address text NOT NULL, created_at {ts} NOT NULL);
CREATE INDEX login_failure_account ON login_failure (account, created_at);
CREATE INDEX login_failure_address ON login_failure (address, created_at);
"#;

const STUDIES: &str = r#"
CREATE TABLE study (
  id {id}, uuid {uuid} NOT NULL UNIQUE, study_code text NOT NULL UNIQUE,
  centre_id bigint NOT NULL REFERENCES centre (id), created_by_id bigint REFERENCES "user" (id),
  assigned_radiologist_id bigint REFERENCES "user" (id), study_instance_uid text NOT NULL,
  status text NOT NULL CHECK (status IN ('uploaded','assigned','in_review','report_generated','verified')),
  is_urgent boolean NOT NULL DEFAULT false,
  patient_name text NOT NULL, patient_age integer, patient_gender text, modality text NOT NULL,
  study_type text, study_description text, patient_warning text,
  dicom_patient_name text, patient_id text, issuer_of_patient_id text, patient_birth_date text, patient_sex text,
  dicom_patient_age text, accession_number text, referring_physician_name text, study_date text, study_time text,
  dicom_study_id text, dicom_study_description text, institution_name text,
  number_of_series integer NOT NULL DEFAULT 0, number_of_instances integer NOT NULL DEFAULT 0,
  created_at {ts} NOT NULL, updated_at {ts} NOT NULL);
CREATE UNIQUE INDEX study_uid ON study (centre_id, study_instance_uid);
CREATE INDEX study_instance_uid ON study (study_instance_uid);
CREATE INDEX study_centre ON study (centre_id, id);
CREATE INDEX study_created_by ON study (created_by_id);

CREATE TABLE series (
  id {id}, uuid {uuid} NOT NULL UNIQUE, study_id bigint NOT NULL REFERENCES study (id), series_instance_uid text NOT NULL,
  modality text, series_number bigint, series_description text, body_part_examined text, laterality text,
  series_date text, series_time text, performed_procedure_step_start_date text, performed_procedure_step_start_time text,
  station_name text, manufacturer text, request_attributes {json},
  number_of_instances integer NOT NULL DEFAULT 0, metadata_object_key text, created_at {ts} NOT NULL);
CREATE UNIQUE INDEX series_uid ON series (study_id, series_instance_uid);

CREATE TABLE instance (
  id {id}, uuid {uuid} NOT NULL UNIQUE, study_id bigint NOT NULL REFERENCES study (id),
  series_id bigint NOT NULL REFERENCES series (id), sop_instance_uid text NOT NULL, sop_class_uid text,
  transfer_syntax_uid text NOT NULL, instance_number bigint, ordinal integer NOT NULL,
  rows integer, columns integer, bits_allocated integer, bits_stored integer, samples_per_pixel integer,
  photometric_interpretation text, number_of_frames integer NOT NULL, content_date text, content_time text,
  slice_position double precision, object_key text NOT NULL, size_bytes bigint NOT NULL, sha256 text NOT NULL,
  header_end bigint NOT NULL, deflated boolean NOT NULL, frame_ranges {blob} NOT NULL, created_at {ts} NOT NULL);
CREATE UNIQUE INDEX instance_uid ON instance (study_id, sop_instance_uid);
CREATE INDEX instance_series ON instance (series_id, id);
CREATE UNIQUE INDEX instance_ordinal ON instance (study_id, ordinal);

CREATE TABLE rendition (
  id {id}, series_id bigint NOT NULL REFERENCES series (id), kind text NOT NULL, format text NOT NULL,
  object_key text, width integer, height integer, error text, created_at {ts} NOT NULL);
CREATE UNIQUE INDEX rendition_of ON rendition (series_id, kind, format);

CREATE TABLE transcoding (
  id {id}, instance_id bigint NOT NULL REFERENCES instance (id), transfer_syntax_uid text NOT NULL,
  sop_instance_uid text NOT NULL, object_key text NOT NULL, lossy_ratio double precision, created_at {ts} NOT NULL);
CREATE UNIQUE INDEX transcoding_of ON transcoding (instance_id, transfer_syntax_uid);
"#;

const OBJECTS: &str = r#"
CREATE TABLE stored_object (
  key {key} PRIMARY KEY NOT NULL, size_bytes bigint NOT NULL, sha256 text NOT NULL, content_type text NOT NULL,
  created_at {ts} NOT NULL);

CREATE TABLE staging (
  id {uuid} PRIMARY KEY NOT NULL, committed_at {ts}, touched_at {ts} NOT NULL, created_at {ts} NOT NULL);
CREATE INDEX staging_touched ON staging (touched_at);
"#;

/// `xid` orders events of concurrent transactions: those of transactions older than every running one are final
/// (`pg_snapshot_xmin`), so that a reader never passes over an event that commits later.
const EVENT_POSTGRES: &str = r#"
CREATE TABLE event (
  id {id}, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), kind text NOT NULL,
  centre_id bigint, study_id bigint, job_id {uuid}, user_id bigint, payload {json} NOT NULL, created_at {ts} NOT NULL);
CREATE INDEX event_order ON event (xid, id);
CREATE INDEX event_study ON event (study_id, xid, id);
CREATE INDEX event_centre ON event (centre_id, xid, id);
CREATE INDEX event_job ON event (job_id, xid, id);
CREATE FUNCTION event_notify() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('event', ''); RETURN NULL; END $$;
CREATE TRIGGER event_wake AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION event_notify();
"#;

/// One writer at a time: the order of ids is the order of commits.
const EVENT_SQLITE: &str = r#"
CREATE TABLE event (
  id {id}, xid bigint NOT NULL DEFAULT 0, kind text NOT NULL,
  centre_id bigint, study_id bigint, job_id {uuid}, user_id bigint, payload {json} NOT NULL, created_at {ts} NOT NULL);
CREATE INDEX event_order ON event (xid, id);
CREATE INDEX event_study ON event (study_id, xid, id);
CREATE INDEX event_centre ON event (centre_id, xid, id);
CREATE INDEX event_job ON event (job_id, xid, id);
"#;
