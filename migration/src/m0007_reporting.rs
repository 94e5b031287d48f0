//! What radiologists work with beside the text of a report: signatures, addenda, locks, templates, macros, critical findings, documents.

mod templates;

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for ddl in [
            SIGNATURE,
            ADDENDUM,
            LOCK,
            TEMPLATE,
            MACRO,
            CRITICAL_FINDING,
            KEY_IMAGE,
            DOCUMENT,
        ] {
            run(manager, ddl).await?;
        }
        match manager.get_database_backend() {
            DbBackend::Postgres => run(manager, KEPT_POSTGRES).await?,
            _ => run(manager, KEPT_SQLITE).await?,
        }
        run(manager, &templates::insert()).await
    }
}

/// All null for reports that were verified before signatures covered the study.
const SIGNATURE: &str = r#"
ALTER TABLE report ADD COLUMN study_hash text;
ALTER TABLE report ADD COLUMN signed_instances integer;
ALTER TABLE report ADD COLUMN seal text;
"#;

const ADDENDUM: &str = r#"
CREATE TABLE report_addendum (
  id {id}, report_id bigint NOT NULL REFERENCES report (id), number integer NOT NULL, text text NOT NULL,
  signed_by_id bigint REFERENCES "user" (id), signed_at {ts} NOT NULL,
  text_hash text NOT NULL, study_hash text NOT NULL, signed_instances integer NOT NULL, seal text NOT NULL);
CREATE UNIQUE INDEX report_addendum_of ON report_addendum (report_id, number);
"#;

/// A lease: whoever finds one that is over may take it.
const LOCK: &str = r#"
CREATE TABLE report_lock (
  report_id bigint PRIMARY KEY REFERENCES report (id), holder_id bigint NOT NULL REFERENCES "user" (id),
  acquired_at {ts} NOT NULL, expires_at {ts} NOT NULL);
"#;

/// Without a centre: for all; with an owner: for that radiologist alone.
const TEMPLATE: &str = r#"
CREATE TABLE report_template (
  id {id}, name text NOT NULL, modality text, body_part text, report_type text,
  findings text NOT NULL, impression text NOT NULL,
  centre_id bigint REFERENCES centre (id), owner_id bigint REFERENCES "user" (id), is_active boolean NOT NULL DEFAULT true,
  created_at {ts} NOT NULL, updated_at {ts} NOT NULL);
CREATE INDEX report_template_owner ON report_template (owner_id, is_active, modality);
"#;

const MACRO: &str = r#"
CREATE TABLE report_macro (
  id {id}, name {key} NOT NULL, text text NOT NULL, owner_id bigint REFERENCES "user" (id),
  created_at {ts} NOT NULL, updated_at {ts} NOT NULL);
CREATE UNIQUE INDEX report_macro_shared ON report_macro (name) WHERE owner_id IS NULL;
CREATE UNIQUE INDEX report_macro_owned ON report_macro (owner_id, name) WHERE owner_id IS NOT NULL;
"#;

/// A finding has its study's centre, which never changes.
const CRITICAL_FINDING: &str = r#"
CREATE TABLE critical_finding (
  id {id}, uuid {uuid} NOT NULL UNIQUE, study_id bigint NOT NULL REFERENCES study (id),
  centre_id bigint NOT NULL REFERENCES centre (id), report_id bigint REFERENCES report (id),
  text text NOT NULL, severity text NOT NULL CHECK (severity IN ('critical','urgent','significant')),
  flagged_by_id bigint REFERENCES "user" (id), flagged_at {ts} NOT NULL,
  acknowledged_by_id bigint REFERENCES "user" (id), acknowledged_at {ts}, note text,
  withdrawn_by_id bigint REFERENCES "user" (id), withdrawn_at {ts}, withdrawal_reason text,
  CHECK ((withdrawn_at IS NULL) = (withdrawal_reason IS NULL)));
CREATE INDEX critical_finding_study ON critical_finding (study_id, id);
CREATE INDEX critical_finding_open ON critical_finding (study_id) WHERE acknowledged_at IS NULL AND withdrawn_at IS NULL;
"#;

const KEY_IMAGE: &str = r#"
CREATE TABLE report_key_image (
  id {id}, report_id bigint NOT NULL REFERENCES report (id), instance_uuid {uuid} NOT NULL REFERENCES instance (uuid),
  frame integer NOT NULL, caption text, added_by_id bigint REFERENCES "user" (id), created_at {ts} NOT NULL);
CREATE UNIQUE INDEX report_key_image_of ON report_key_image (report_id, instance_uuid, frame);
CREATE INDEX report_key_image_list ON report_key_image (report_id, id);
"#;

/// The PDF of a report with so many addenda.
const DOCUMENT: &str = r#"
CREATE TABLE report_document (
  id {id}, report_id bigint NOT NULL REFERENCES report (id), addenda integer NOT NULL,
  object_key text NOT NULL, sha256 text NOT NULL, size_bytes bigint NOT NULL, created_at {ts} NOT NULL);
CREATE UNIQUE INDEX report_document_of ON report_document (report_id, addenda);
"#;

/// Whatever a program asks for: what was signed stays, and what was told as critical too; it is acknowledged and withdrawn once.
const KEPT_POSTGRES: &str = r#"
CREATE TRIGGER report_signature_unchanged BEFORE UPDATE OF study_hash, signed_instances, seal ON report
  FOR EACH ROW WHEN (OLD.is_verified) EXECUTE FUNCTION report_kept();
CREATE TRIGGER report_addendum_unchanged BEFORE UPDATE OR DELETE ON report_addendum FOR EACH ROW EXECUTE FUNCTION report_kept();
CREATE FUNCTION critical_finding_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'critical findings are kept as they are'; END $$;
CREATE TRIGGER critical_finding_unchanged
  BEFORE UPDATE OF study_id, centre_id, report_id, text, severity, flagged_by_id, flagged_at ON critical_finding
  FOR EACH ROW EXECUTE FUNCTION critical_finding_kept();
CREATE TRIGGER critical_finding_acknowledged_once
  BEFORE UPDATE OF acknowledged_by_id, acknowledged_at, note ON critical_finding
  FOR EACH ROW WHEN (OLD.acknowledged_at IS NOT NULL) EXECUTE FUNCTION critical_finding_kept();
CREATE TRIGGER critical_finding_withdrawn_once
  BEFORE UPDATE OF withdrawn_by_id, withdrawn_at, withdrawal_reason ON critical_finding
  FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL) EXECUTE FUNCTION critical_finding_kept();
CREATE TRIGGER critical_finding_not_removed BEFORE DELETE ON critical_finding FOR EACH ROW EXECUTE FUNCTION critical_finding_kept();
"#;

const KEPT_SQLITE: &str = r#"
CREATE TRIGGER report_signature_unchanged BEFORE UPDATE OF study_hash, signed_instances, seal ON report
  WHEN OLD.is_verified BEGIN SELECT RAISE(ABORT, 'signatures are kept as they are'); END;
CREATE TRIGGER report_addendum_unchanged BEFORE UPDATE ON report_addendum
  BEGIN SELECT RAISE(ABORT, 'addenda are kept as they are'); END;
CREATE TRIGGER report_addendum_not_removed BEFORE DELETE ON report_addendum
  BEGIN SELECT RAISE(ABORT, 'addenda are kept as they are'); END;
CREATE TRIGGER critical_finding_unchanged
  BEFORE UPDATE OF study_id, centre_id, report_id, text, severity, flagged_by_id, flagged_at ON critical_finding
  BEGIN SELECT RAISE(ABORT, 'critical findings are kept as they are'); END;
CREATE TRIGGER critical_finding_acknowledged_once
  BEFORE UPDATE OF acknowledged_by_id, acknowledged_at, note ON critical_finding
  WHEN OLD.acknowledged_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'critical findings are kept as they are'); END;
CREATE TRIGGER critical_finding_withdrawn_once
  BEFORE UPDATE OF withdrawn_by_id, withdrawn_at, withdrawal_reason ON critical_finding
  WHEN OLD.withdrawn_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'critical findings are kept as they are'); END;
CREATE TRIGGER critical_finding_not_removed BEFORE DELETE ON critical_finding
  BEGIN SELECT RAISE(ABORT, 'critical findings are kept as they are'); END;
"#;
