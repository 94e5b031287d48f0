//! Taking jobs that are due.
//!
//! The most urgent first; among equally urgent ones each centre its turn, so that the backlog of one does not delay another; of one
//! centre the oldest first. It is the turn of the centre that has the fewest jobs running, in whatever process, and among
//! those of the one that was served the longest ago.

use super::Lease;
use super::event::{Changed, RETURNING, tell_all};
use crate::db::Db;
use crate::db::sql::{numbers, query};
use crate::error::Result;
use crate::events::EventKind;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Value};
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
    /// Times in a row that the job was put off before this attempt.
    pub deferrals: i32,
    /// How long the job had been due.
    pub waited: Duration,
}

/// Leases up to `limit` due jobs of a queue, of the kinds that the caller can run; none of a paused queue.
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
    let tx = db.begin().await?;
    let Some(centre_slots) = admitted(&tx, queue).await? else {
        return Ok(Vec::new());
    };
    let mut values: Vec<Value> = vec![
        queue.into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
        lease.as_secs_f64().into(),
        worker.into(),
        centre_slots.into(),
    ];
    let numbers = numbers(values.len() + 1, kinds.len());
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let rows = query(&tx, &sql(db.backend(), &numbers), values).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let changed = rows.iter().map(Changed::of).collect::<Result<Vec<_>>>()?;
    tell_all(&tx, changed.iter().map(|job| (EventKind::JobStarted, job))).await?;
    tx.commit().await?;
    let mut fetched = rows.iter().map(attempt).collect::<Result<Vec<_>>>()?;
    fetched.sort_by_key(|(order, _)| *order);
    Ok(fetched.into_iter().map(|(_, job)| job).collect())
}

/// How many jobs of one centre may run, `None` when the queue is paused. A limit is exact because the row that holds it is
/// locked until the taken jobs count.
pub(super) async fn admitted(c: &impl ConnectionTrait, queue: &str) -> Result<Option<i64>> {
    let sql = "SELECT paused, centre_slots FROM queue WHERE name = $1 AND (paused OR centre_slots IS NOT NULL) {lock}";
    let rows = query(c, sql, vec![queue.into()]).await?;
    let Some(row) = rows.first() else {
        return Ok(Some(i64::MAX));
    };
    if row.try_get_by_index(0)? {
        return Ok(None);
    }
    let slots: Option<i32> = row.try_get_by_index(1)?;
    Ok(Some(slots.map_or(i64::MAX, i64::from)))
}

/// Candidates beyond what is wanted, of each centre: other workers may have locked the first ones.
const BESIDE: u32 = 32;

/// `centre` skips from centre to centre by the index; `share` says what each has running and when it was served last; `waiting`
/// has the first jobs of each, and `turn` puts them into one order.
///
/// On PostgreSQL the rows of ids are looked up through arrays, because its planner takes a list of unknown length for a long one
/// and reads the whole table instead.
fn sql(backend: DbBackend, kinds: &str) -> String {
    let sqlite = backend == DbBackend::Sqlite;
    let pending = "queue = $1 AND state = 'PENDING' AND lost_leases = 0";
    let due = format!("run_at <= {{now}} AND kind IN ({kinds})");
    let order = "ORDER BY priority DESC, run_at, id";
    let of = "FROM job WHERE queue = $1 AND COALESCE(centre_id, 0) = centre.id";
    let of_centre = format!("FROM job WHERE {pending} AND COALESCE(centre_id, 0) = share.centre AND {due} {order}");
    let waiting = match sqlite {
        true => format!("CROSS JOIN job ON job.id IN (SELECT id {of_centre} LIMIT $2)"),
        false => format!("CROSS JOIN LATERAL (SELECT id, priority, run_at {of_centre} LIMIT $2 + {BESIDE}) job"),
    };
    let (first, chosen) = match sqlite {
        true => (
            "SELECT id FROM turn ORDER BY place LIMIT $2",
            "IN (SELECT id FROM chosen)",
        ),
        false => (
            "SELECT id FROM job WHERE state = 'PENDING' AND id = ANY(ARRAY(SELECT id FROM turn ORDER BY place))
             ORDER BY array_position(ARRAY(SELECT id FROM turn ORDER BY place), id) LIMIT $2 {skip locked}",
            "= ANY(ARRAY(SELECT id FROM chosen))",
        ),
    };
    format!(
        "WITH RECURSIVE centre(id) AS (
           SELECT (SELECT COALESCE(centre_id, 0) FROM job WHERE {pending} ORDER BY COALESCE(centre_id, 0) LIMIT 1)
           UNION ALL
           SELECT (SELECT COALESCE(centre_id, 0) FROM job WHERE {pending} AND COALESCE(centre_id, 0) > centre.id
                   ORDER BY COALESCE(centre_id, 0) LIMIT 1) FROM centre WHERE centre.id IS NOT NULL),
         share AS MATERIALIZED (SELECT id AS centre, (SELECT count(*) {of} AND state = 'RUNNING') AS running,
                     (SELECT max(started_at) {of} AND started_at IS NOT NULL) AS served FROM centre WHERE id IS NOT NULL),
         waiting AS (SELECT job.id, job.priority, job.run_at, share.centre, share.running, share.served FROM share {waiting}),
         numbered AS (SELECT id, priority, run_at, served,
                        running + row_number() OVER (PARTITION BY centre {order}) AS turn FROM waiting),
         turn AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY priority DESC, turn, served NULLS FIRST, run_at, id) AS place
                FROM numbered WHERE turn <= $5 ORDER BY 2 LIMIT $2 + {BESIDE}),
         due AS MATERIALIZED ({first}),
         suspect AS MATERIALIZED (SELECT id FROM job WHERE queue = $1 AND state = 'PENDING' AND lost_leases > 0 AND {due}
           AND NOT EXISTS (SELECT 1 FROM job other WHERE other.state = 'RUNNING' AND other.lost_leases > 0)
           {order} LIMIT 1 {{skip locked}}),
         chosen AS MATERIALIZED (SELECT id FROM suspect UNION ALL SELECT id FROM due LIMIT $2)
         UPDATE job SET state = 'RUNNING', attempt = attempt + 1, lease_token = lease_token + 1, lease_until = {{now+$3}},
           worker = $4, rerun = false, progress = 0, started_at = {{now}}, updated_at = {{now}}
         WHERE id {chosen}
         {RETURNING}, lease_token, payload, lost_leases, deferrals, priority, run_at, started_at"
    )
}

/// With its place among those that were taken together.
fn attempt(row: &QueryResult) -> Result<((i32, chrono::DateTime<chrono::Utc>), Fetched)> {
    let lost: i32 = row.try_get("", "lost_leases")?;
    let attempt: i32 = row.try_get("", "attempt")?;
    let priority: i32 = row.try_get("", "priority")?;
    let due: chrono::DateTime<chrono::Utc> = row.try_get("", "run_at")?;
    let started: chrono::DateTime<chrono::Utc> = row.try_get("", "started_at")?;
    let job = Fetched {
        lease: Lease {
            job_id: row.try_get("", "id")?,
            token: row.try_get("", "lease_token")?,
        },
        kind: row.try_get("", "kind")?,
        payload: row.try_get("", "payload")?,
        study_id: row.try_get("", "study_id")?,
        attempt,
        failures: attempt - 1 - lost,
        deferrals: row.try_get("", "deferrals")?,
        waited: (started - due).to_std().unwrap_or_default(),
    };
    Ok(((-priority, due), job))
}
