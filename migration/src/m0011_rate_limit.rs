//! What the api processes tell each other of the rate limits: rows of a few seconds, of which nothing is lost when they are.

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let unlogged = match manager.get_connection().get_database_backend() {
            DbBackend::Postgres => "UNLOGGED",
            _ => "",
        };
        run(manager, &RATE_USE.replace("{unlogged}", unlogged)).await
    }
}

const RATE_USE: &str = "
CREATE {unlogged} TABLE rate_use (
  process {uuid} NOT NULL, round bigint NOT NULL, at {ts} NOT NULL, uses {json} NOT NULL, PRIMARY KEY (process, round));
CREATE INDEX rate_use_at ON rate_use (at);
";
