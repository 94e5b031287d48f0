//! How the rate limits of several api processes hold together: each writes down now and then what it let through, and reads what
//! the others did.
//!
//! A row is one round of one process. Rounds of a process are written one after the other, so that a reader who remembers the
//! last one misses none; the database's clock says which are recent. Losing rows only makes limits looser for a moment.

use crate::db::Db;
use crate::db::sql::{execute, query};
use crate::error::Result;
use sea_orm::FromQueryResult;
use serde_json::Value;
use uuid::Uuid;

/// Rounds that are older were read by everybody who lives.
const RECENT_SECONDS: f64 = 15.0;
const KEPT_SECONDS: f64 = 60.0;

/// What one process let through since its round before.
#[derive(Debug, FromQueryResult)]
pub struct Round {
    pub process: Uuid,
    pub round: i64,
    /// As the writer spelled it.
    pub uses: Value,
}

/// Tells the others, and removes what is old.
pub async fn tell(db: &Db, told: Round) -> Result<()> {
    let insert = "INSERT INTO rate_use (process, round, at, uses) VALUES ($1, $2, {now}, $3)";
    let values = vec![told.process.into(), told.round.into(), told.uses.into()];
    execute(db.writer(), insert, values).await?;
    let remove = "DELETE FROM rate_use WHERE at < {now+$1}";
    execute(db.writer(), remove, vec![(-KEPT_SECONDS).into()]).await?;
    Ok(())
}

/// What the others told lately, in their order.
pub async fn others(db: &Db, process: Uuid) -> Result<Vec<Round>> {
    let sql = "SELECT process, round, uses FROM rate_use WHERE at > {now+$1} AND process <> $2 ORDER BY round";
    let rows = query(db.reader(), sql, vec![(-RECENT_SECONDS).into(), process.into()]).await?;
    Ok(rows.iter().map(|row| Round::from_query_result(row, "")).collect::<Result<_, _>>()?)
}
