//! Tokens of workers outside the server, and what such workers have uploaded for jobs that they have not completed yet.

use crate::dialect::run;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, WORKER_TOKEN).await?;
        run(manager, EXTERNAL_OUTPUT).await
    }
}

/// Names are unique among the tokens that are good, because jobs tell by the name who holds them.
const WORKER_TOKEN: &str = r#"
CREATE TABLE worker_token (
  id {id}, name text NOT NULL, sha256 text NOT NULL UNIQUE, kinds {json} NOT NULL,
  centre_id bigint REFERENCES centre (id), created_by_id bigint REFERENCES "user" (id),
  created_at {ts} NOT NULL, expires_at {ts}, last_used_at {ts}, revoked_at {ts});
CREATE UNIQUE INDEX worker_token_name ON worker_token (lower(name)) WHERE revoked_at IS NULL;
"#;

/// The rows go with the batch, whether it is committed or swept.
const EXTERNAL_OUTPUT: &str = r#"
CREATE TABLE external_output (
  id {id}, job_id {uuid} NOT NULL REFERENCES job (id) ON DELETE CASCADE, lease_token bigint NOT NULL,
  batch_id {uuid} NOT NULL REFERENCES staging (id) ON DELETE CASCADE, name text NOT NULL, content_type text NOT NULL,
  object_key text, size_bytes bigint, sha256 text, created_at {ts} NOT NULL);
CREATE UNIQUE INDEX external_output_name ON external_output (job_id, lease_token, name);
CREATE INDEX external_output_batch ON external_output (batch_id);
"#;
