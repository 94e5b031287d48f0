//! Jobs whose worker vanished.

use super::ending::Ending;
use super::event::{Changed, RETURNING, tell_all};
use crate::db::Db;
use crate::db::sql::query;
use crate::error::Result;
use crate::events::EventKind;
use crate::jobs::JobState;

/// The lost attempt is counted apart from failures; a job that has lost as many workers as it may have attempts is DEAD, so
/// that one that kills its worker does not go on for ever.
const LOST: Ending = Ending {
    verdict: "CASE WHEN cancel_requested THEN 'CANCELLED' WHEN lost_leases + 1 >= max_attempts THEN 'DEAD' ELSE 'PENDING' END",
    lost_leases: "lost_leases + 1",
    last_error: "'The worker vanished in attempt '||attempt",
    ..Ending::UNCHANGED
};

/// Returns the jobs of expired leases, and answers how many.
pub async fn reap(db: &Db) -> Result<usize> {
    let expired = "state = 'RUNNING' AND lease_until < {now}";
    let any = query(
        db.reader(),
        &format!("SELECT 1 FROM job WHERE {expired} LIMIT 1"),
        vec![],
    )
    .await?;
    if any.is_empty() {
        return Ok(0);
    }
    let sql = format!(
        "WITH expired AS MATERIALIZED (SELECT id FROM job WHERE {expired} {{skip locked}})
         UPDATE job SET {} WHERE id IN (SELECT id FROM expired) {RETURNING}",
        LOST.assignments()
    );
    let tx = db.begin().await?;
    let rows = query(&tx, &sql, vec![]).await?;
    let jobs = rows.iter().map(Changed::of).collect::<Result<Vec<_>>>()?;
    tell_all(&tx, jobs.iter().map(|job| (event_kind(job), job))).await?;
    tx.commit().await?;
    for job in jobs {
        metrics::counter!("gantry_jobs_lost_leases_total", "kind" => job.kind).increment(1);
    }
    Ok(rows.len())
}

fn event_kind(job: &Changed) -> EventKind {
    match job.state() {
        Some(JobState::Cancelled) => EventKind::JobCancelled,
        Some(JobState::Dead) => EventKind::JobDead,
        _ => EventKind::JobRetrying,
    }
}
