//! Leases that live on, and what their holders must hear.

use super::Lease;
use crate::db::Db;
use crate::db::sql::{numbers, query};
use crate::error::Result;
use sea_orm::{ConnectionTrait, Value};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// Leases of one statement.
const AT_ONCE: usize = 1_000;

#[derive(Debug, Clone, Copy)]
pub struct Renewed {
    pub lease: Lease,
    pub cancel_requested: bool,
}

/// Renews all leases of a process in one transaction and answers those that are still held. Rows that are locked right now are
/// passed over: they are being finished, or come to the next beat.
pub async fn renew(db: &Db, leases: &[Lease], lease: Duration) -> Result<Vec<Renewed>> {
    let mut renewed = Vec::with_capacity(leases.len());
    for leases in leases.chunks(AT_ONCE) {
        let tx = db.begin().await?;
        let held = held(&tx, leases).await?;
        if held.is_empty() {
            continue;
        }
        let sql = format!(
            "UPDATE job SET lease_until = {{now+$1}} WHERE id IN ({}) RETURNING id, lease_token, cancel_requested",
            numbers(2, held.len())
        );
        let mut values: Vec<Value> = vec![lease.as_secs_f64().into()];
        values.extend(held.iter().map(|lease| Value::from(lease.job_id)));
        for row in query(&tx, &sql, values).await? {
            renewed.push(Renewed {
                lease: Lease {
                    job_id: row.try_get_by_index(0)?,
                    token: row.try_get_by_index(1)?,
                },
                cancel_requested: row.try_get_by_index(2)?,
            });
        }
        tx.commit().await?;
    }
    Ok(renewed)
}

/// Those of the leases that still hold their jobs, whose rows are then locked by the caller's transaction.
pub(super) async fn held(c: &impl ConnectionTrait, leases: &[Lease]) -> Result<Vec<Lease>> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    // By id alone: joined with a list of pairs, PostgreSQL may compare every running job with every pair.
    let sql = format!(
        "SELECT id, lease_token FROM job WHERE state = 'RUNNING' AND id IN ({}) {{skip locked}}",
        numbers(1, leases.len())
    );
    let rows = query(c, &sql, leases.iter().map(|lease| lease.job_id.into()).collect()).await?;
    let running = rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
    let running: HashMap<Uuid, i64> = running.collect::<Result<_>>()?;
    let holds = |lease: &&Lease| running.get(&lease.job_id) == Some(&lease.token);
    Ok(leases.iter().filter(holds).copied().collect())
}

/// Those of the held jobs that somebody asked to cancel.
pub async fn cancels(db: &Db, held: &[Lease]) -> Result<Vec<Uuid>> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT id FROM job WHERE cancel_requested AND id IN ({})",
        numbers(1, held.len())
    );
    let values = held.iter().map(|lease| lease.job_id.into()).collect();
    let rows = query(db.reader(), &sql, values).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
