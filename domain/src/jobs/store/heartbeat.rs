//! Leases that live on, and what their holders must hear.

use super::Lease;
use crate::db::Db;
use crate::db::sql::{query, tuples_from};
use crate::error::Result;
use sea_orm::Value;
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, Clone, Copy)]
pub struct Renewed {
    pub lease: Lease,
    pub cancel_requested: bool,
}

/// Renews all leases of a process in one statement and answers those that are still held. Rows that are locked right now are
/// passed over: they are being finished, or come to the next beat.
pub async fn renew(db: &Db, held: &[Lease], lease: Duration) -> Result<Vec<Renewed>> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let pairs = tuples_from(2, held.len(), 2);
    let mut values: Vec<Value> = vec![lease.as_secs_f64().into()];
    for lease in held {
        values.extend([lease.job_id.into(), lease.token.into()]);
    }
    let sql = format!(
        "WITH held AS MATERIALIZED (SELECT id FROM job WHERE state = 'RUNNING' AND (id, lease_token) IN (VALUES {pairs}) {{skip locked}})
         UPDATE job SET lease_until = {{now+$1}} WHERE id IN (SELECT id FROM held) RETURNING id, lease_token, cancel_requested"
    );
    let rows = query(db.writer(), &sql, values).await?;
    rows.iter()
        .map(|row| {
            Ok(Renewed {
                lease: Lease {
                    job_id: row.try_get_by_index(0)?,
                    token: row.try_get_by_index(1)?,
                },
                cancel_requested: row.try_get_by_index(2)?,
            })
        })
        .collect()
}

/// Those of the held jobs that somebody asked to cancel.
pub async fn cancels(db: &Db, held: &[Lease]) -> Result<Vec<Uuid>> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = (1..=held.len()).map(|i| format!("${i}")).collect();
    let sql = format!(
        "SELECT id FROM job WHERE cancel_requested AND id IN ({})",
        ids.join(",")
    );
    let values = held.iter().map(|lease| lease.job_id.into()).collect();
    let rows = query(db.reader(), &sql, values).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
