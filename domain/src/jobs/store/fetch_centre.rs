//! Taking the due jobs of one centre, for holders who may work for no other.
//!
//! Apart from `fetch`, because claiming first and giving back what is of another centre would show as attempts, and would find
//! nothing as long as others have more urgent jobs.

use super::Lease;
use super::event::{Changed, RETURNING, tell};
use crate::db::Db;
use crate::db::sql::query;
use crate::error::Result;
use crate::events::EventKind;
use sea_orm::Value;
use std::time::Duration;

/// As `fetch`, among the jobs of one centre; suspects run one at a time in the whole cluster here too.
pub async fn fetch_of_centre(
    db: &Db,
    centre_id: i64,
    queue: &str,
    kinds: &[&str],
    worker: &str,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Lease>> {
    let mut values: Vec<Value> = vec![
        queue.into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
        lease.as_secs_f64().into(),
        worker.into(),
        centre_id.into(),
    ];
    let first = values.len() + 1;
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let kinds: Vec<_> = (first..=values.len()).map(|i| format!("${i}")).collect();
    let tx = db.begin().await?;
    let rows = query(&tx, &sql(&kinds.join(",")), values).await?;
    let mut leases = Vec::with_capacity(rows.len());
    for row in &rows {
        tell(&tx, EventKind::JobStarted, &Changed::of(row)?).await?;
        leases.push(Lease {
            job_id: row.try_get("", "id")?,
            token: row.try_get("", "lease_token")?,
        });
    }
    tx.commit().await?;
    Ok(leases)
}

fn sql(kinds: &str) -> String {
    let due =
        format!("queue = $1 AND centre_id = $5 AND state = 'PENDING' AND run_at <= {{now}} AND kind IN ({kinds})");
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
         {RETURNING}, lease_token"
    )
}
