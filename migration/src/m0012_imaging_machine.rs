//! The scanners and gateways of centres (contract S2-87).

use crate::dialect::run;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, IMAGING_MACHINE).await
    }
}

const IMAGING_MACHINE: &str = r#"
CREATE TABLE imaging_machine (
  id {id}, centre_id bigint NOT NULL REFERENCES centre (id), name text NOT NULL,
  ip_address text, port integer CHECK (port BETWEEN 1 AND 65535), ae_title text, description text,
  is_active boolean NOT NULL DEFAULT true, created_at {ts} NOT NULL, updated_at {ts} NOT NULL);
CREATE UNIQUE INDEX imaging_machine_name ON imaging_machine (centre_id, lower(name));
CREATE INDEX imaging_machine_centre ON imaging_machine (centre_id, id);
"#;
