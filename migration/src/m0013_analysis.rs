//! What software found in the images of a series.

use crate::dialect::run;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, ANALYSIS).await
    }
}

/// One row for each series and model: what it said last. `input_hash`: of the files that were analysed; `weights_hash`: of a model that has any.
/// Without results there is an error, which says why the series was not analysed.
const ANALYSIS: &str = r#"
CREATE TABLE analysis (
  id {id}, uuid {uuid} NOT NULL UNIQUE, study_id bigint NOT NULL REFERENCES study (id), series_id bigint NOT NULL REFERENCES series (id),
  model text NOT NULL, model_version text NOT NULL, weights_hash text, input_hash text NOT NULL,
  results {json}, error text, overlay_key text, overlay_legend {json},
  segmentation_uid text, report_uid text, created_at {ts} NOT NULL,
  CHECK ((results IS NULL) <> (error IS NULL)));
CREATE UNIQUE INDEX analysis_of ON analysis (series_id, model);
CREATE INDEX analysis_study ON analysis (study_id, id);
ALTER TABLE centre ADD COLUMN auto_analyze boolean NOT NULL DEFAULT false;
"#;
