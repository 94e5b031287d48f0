//! Taking the due jobs of one centre, for holders who may work for no other.
//!
//! Apart from `fetch`, because claiming first and giving back what is of another centre would show as attempts, and would find
//! nothing as long as others have more urgent jobs.

use super::Lease;
use super::event::{Changed, RETURNING, tell_all};
use super::fetch::admitted;
use crate::db::Db;
use crate::db::sql::{numbers, query};
use crate::error::Result;
use crate::events::EventKind;
use sea_orm::Value;
use std::time::Duration;

/// As `fetch`, among the jobs of one centre: none of a paused queue, no more than the centre may have running, and suspects one at a
/// time in the whole cluster.
pub async fn fetch_of_centre(
    db: &Db,
    centre_id: i64,
    queue: &str,
    kinds: &[&str],
    worker: &str,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Lease>> {
    let tx = db.begin().await?;
    let Some(centre_slots) = admitted(&tx, queue).await? else {
        return Ok(Vec::new());
    };
    let mut values: Vec<Value> = vec![
        queue.into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
        lease.as_secs_f64().into(),
        worker.into(),
        centre_id.into(),
        centre_slots.into(),
    ];
    let numbers = numbers(values.len() + 1, kinds.len());
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let rows = query(&tx, &sql(&numbers), values).await?;
    let changed = rows.iter().map(Changed::of).collect::<Result<Vec<_>>>()?;
    tell_all(&tx, changed.iter().map(|job| (EventKind::JobStarted, job))).await?;
    tx.commit().await?;
    rows.iter()
        .map(|row| {
            Ok(Lease {
                job_id: row.try_get("", "id")?,
                token: row.try_get("", "lease_token")?,
            })
        })
        .collect()
}

/// `turn` numbers the jobs that wait after those that run.
fn sql(kinds: &str) -> String {
    let of_centre = "queue = $1 AND COALESCE(centre_id, 0) = $5";
    let pending = format!("{of_centre} AND state = 'PENDING' AND run_at <= {{now}} AND kind IN ({kinds})");
    let order = "ORDER BY priority DESC, run_at, id";
    format!(
        "WITH running AS (SELECT count(*) AS number FROM job WHERE {of_centre} AND state = 'RUNNING'),
         waiting AS MATERIALIZED (SELECT id, priority, run_at FROM job WHERE {pending} AND lost_leases = 0
           {order} LIMIT $2 {{skip locked}}),
         turn AS (SELECT id, (SELECT number FROM running) + row_number() OVER ({order}) AS turn FROM waiting),
         due AS MATERIALIZED (SELECT id FROM turn WHERE turn <= $6),
         suspect AS MATERIALIZED (SELECT id FROM job WHERE {pending} AND lost_leases > 0
           AND NOT EXISTS (SELECT 1 FROM job other WHERE other.state = 'RUNNING' AND other.lost_leases > 0)
           {order} LIMIT 1 {{skip locked}}),
         chosen AS MATERIALIZED (SELECT id FROM suspect UNION ALL SELECT id FROM due LIMIT $2)
         UPDATE job SET state = 'RUNNING', attempt = attempt + 1, lease_token = lease_token + 1, lease_until = {{now+$3}},
           worker = $4, rerun = false, progress = 0, started_at = {{now}}, updated_at = {{now}}
         WHERE id IN (SELECT id FROM chosen)
         {RETURNING}, lease_token"
    )
}
