//! Who reads a study, what is reported of it, and what reading it costs.

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, ASSIGNMENT).await?;
        run(manager, REPORT).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => run(manager, KEPT_POSTGRES).await?,
            _ => run(manager, KEPT_SQLITE).await?,
        }
        run(manager, PRICE).await
    }
}

const ASSIGNMENT: &str = "ALTER TABLE study ADD COLUMN assigned_at {ts};";

/// A report has its study's centre, which never changes, so that the list of a centre is read by one index. Nothing cascades: a study
/// that has a report cannot be deleted. `report_version` holds every text that a report ever had, the present one included.
const REPORT: &str = r#"
CREATE TABLE report (
  id {id}, uuid {uuid} NOT NULL UNIQUE, study_id bigint NOT NULL REFERENCES study (id),
  centre_id bigint NOT NULL REFERENCES centre (id),
  findings text NOT NULL, impression text NOT NULL, report_type text, version integer NOT NULL,
  is_ai_generated boolean NOT NULL, is_verified boolean NOT NULL DEFAULT false,
  verified_at {ts}, verified_by_id bigint REFERENCES "user" (id), content_hash text,
  created_by_id bigint REFERENCES "user" (id), updated_by_id bigint REFERENCES "user" (id),
  created_at {ts} NOT NULL, updated_at {ts} NOT NULL,
  CHECK (is_verified = (verified_at IS NOT NULL) AND is_verified = (content_hash IS NOT NULL)));
CREATE INDEX report_study ON report (study_id, id);
CREATE INDEX report_centre ON report (centre_id, id);
CREATE INDEX report_verified ON report (is_verified, id);
CREATE INDEX report_centre_verified ON report (centre_id, is_verified, id);

CREATE TABLE report_version (
  id {id}, report_id bigint NOT NULL REFERENCES report (id), version integer NOT NULL,
  findings text NOT NULL, impression text NOT NULL, report_type text,
  created_by_id bigint REFERENCES "user" (id), created_at {ts} NOT NULL);
CREATE UNIQUE INDEX report_version_of ON report_version (report_id, version);
"#;

/// Whatever a program asks for: a verified text is neither changed nor removed, and no text that a report had is.
const KEPT_POSTGRES: &str = r#"
CREATE FUNCTION report_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'verified reports and earlier texts are kept as they are'; END $$;
CREATE TRIGGER report_unchanged
  BEFORE UPDATE OF study_id, findings, impression, report_type, version, is_verified, verified_at, verified_by_id, content_hash ON report
  FOR EACH ROW WHEN (OLD.is_verified) EXECUTE FUNCTION report_kept();
CREATE TRIGGER report_not_removed BEFORE DELETE ON report FOR EACH ROW WHEN (OLD.is_verified) EXECUTE FUNCTION report_kept();
CREATE TRIGGER report_version_unchanged BEFORE UPDATE OR DELETE ON report_version FOR EACH ROW EXECUTE FUNCTION report_kept();
"#;

const KEPT_SQLITE: &str = r#"
CREATE TRIGGER report_unchanged
  BEFORE UPDATE OF study_id, findings, impression, report_type, version, is_verified, verified_at, verified_by_id, content_hash ON report
  WHEN OLD.is_verified BEGIN SELECT RAISE(ABORT, 'verified reports and earlier texts are kept as they are'); END;
CREATE TRIGGER report_not_removed BEFORE DELETE ON report
  WHEN OLD.is_verified BEGIN SELECT RAISE(ABORT, 'verified reports and earlier texts are kept as they are'); END;
CREATE TRIGGER report_version_unchanged BEFORE UPDATE ON report_version
  BEGIN SELECT RAISE(ABORT, 'verified reports and earlier texts are kept as they are'); END;
CREATE TRIGGER report_version_not_removed BEFORE DELETE ON report_version
  BEGIN SELECT RAISE(ABORT, 'verified reports and earlier texts are kept as they are'); END;
"#;

/// Money is in whole minor units (cents, paise, fils), because SQLite has no exact type with a decimal point.
const PRICE: &str = r#"
CREATE TABLE price (
  id {id}, centre_id bigint NOT NULL REFERENCES centre (id), modality text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0), currency text NOT NULL CHECK (currency IN ('usd','inr','aed')),
  created_by_id bigint REFERENCES "user" (id), created_at {ts} NOT NULL, updated_at {ts} NOT NULL);
CREATE UNIQUE INDEX price_of ON price (centre_id, modality);
CREATE INDEX price_centre ON price (centre_id, id);
"#;
