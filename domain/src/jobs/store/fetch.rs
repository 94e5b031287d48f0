//! Taking jobs that are due.

use super::Lease;
use super::event::{Changed, RETURNING, tell};
use crate::db::Db;
use crate::db::sql::query;
use crate::error::Result;
use crate::events::EventKind;
use sea_orm::{QueryResult, Value};
use std::time::Duration;

/// A job whose attempt has begun.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub lease: Lease,
    pub kind: String,
    pub payload: serde_json::Value,
    pub study_id: Option<i64>,
    pub attempt: i32,
    /// Attempts that failed before this one; lost leases are not among them.
    pub failures: i32,
    /// How long the job had been due.
    pub waited: Duration,
}

/// Leases up to `limit` due jobs of a queue, of the kinds that the caller can run, the most urgent first.
///
/// Jobs whose worker vanished before are suspects: they may be what killed it. One of them runs at a time in the whole cluster,
/// so that the others beside it are not drawn in again.
pub async fn fetch(
    db: &Db,
    queue: &str,
    kinds: &[&str],
    worker: &str,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Fetched>> {
    let mut values: Vec<Value> = vec![
        queue.into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
        lease.as_secs_f64().into(),
        worker.into(),
    ];
    let first = values.len() + 1;
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let kinds: Vec<_> = (first..=values.len()).map(|i| format!("${i}")).collect();
    let tx = db.begin().await?;
    let rows = query(&tx, &sql(&kinds.join(",")), values).await?;
    let mut fetched = Vec::with_capacity(rows.len());
    for row in &rows {
        tell(&tx, EventKind::JobStarted, &Changed::of(row)?).await?;
        fetched.push(attempt(row)?);
    }
    tx.commit().await?;
    Ok(fetched)
}

fn sql(kinds: &str) -> String {
    let due = format!("queue = $1 AND state = 'PENDING' AND run_at <= {{now}} AND kind IN ({kinds})");
    let order = "ORDER BY priority DESC, run_at, id LIMIT";
    format!(
        "WITH due AS MATERIALIZED (SELECT id FROM job WHERE {due} AND lost_leases = 0 {order} $2 {{skip locked}}),
         suspect AS MATERIALIZED (SELECT id FROM job WHERE {due} AND lost_leases > 0
           AND NOT EXISTS (SELECT 1 FROM job other WHERE other.state = 'RUNNING' AND other.lost_leases > 0)
           {order} 1 {{skip locked}}),
         chosen AS MATERIALIZED (SELECT id FROM suspect UNION ALL SELECT id FROM due LIMIT $2)
         UPDATE job SET state = 'RUNNING', attempt = attempt + 1, lease_token = lease_token + 1, lease_until = {{now+$3}},
           worker = $4, rerun = false, progress = 0, started_at = {{now}}, updated_at = {{now}}
         WHERE id IN (SELECT id FROM chosen)
         {RETURNING}, lease_token, payload, lost_leases, run_at, started_at"
    )
}

fn attempt(row: &QueryResult) -> Result<Fetched> {
    let lost: i32 = row.try_get("", "lost_leases")?;
    let attempt: i32 = row.try_get("", "attempt")?;
    let due: chrono::DateTime<chrono::Utc> = row.try_get("", "run_at")?;
    let started: chrono::DateTime<chrono::Utc> = row.try_get("", "started_at")?;
    Ok(Fetched {
        lease: Lease {
            job_id: row.try_get("", "id")?,
            token: row.try_get("", "lease_token")?,
        },
        kind: row.try_get("", "kind")?,
        payload: row.try_get("", "payload")?,
        study_id: row.try_get("", "study_id")?,
        attempt,
        failures: attempt - 1 - lost,
        waited: (started - due).to_std().unwrap_or_default(),
    })
}
