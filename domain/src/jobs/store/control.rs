//! What people may do to a job from outside.

use super::event::{Changed, RETURNING, tell};
use crate::db::Db;
use crate::db::sql::query;
use crate::error::{Error, Result, unique_or};
use crate::events::EventKind;
use crate::jobs::JobState;
use uuid::Uuid;

/// Ends a waiting job at once; a running one is told by its worker's heartbeat, in whatever process it runs. False when the job
/// has already ended.
pub async fn request_cancel(db: &Db, id: Uuid) -> Result<bool> {
    let sql = format!(
        "UPDATE job SET cancel_requested = true, rerun = false, finished_at = CASE WHEN state = 'PENDING' THEN {{now}} END,
           state = CASE WHEN state = 'PENDING' THEN 'CANCELLED' ELSE state END, updated_at = {{now}}
         WHERE id = $1 AND state IN ('PENDING','RUNNING') {RETURNING}"
    );
    let tx = db.begin().await?;
    let rows = query(&tx, &sql, vec![id.into()]).await?;
    for row in &rows {
        let job = Changed::of(row)?;
        if job.state() == Some(JobState::Cancelled) {
            tell(&tx, EventKind::JobCancelled, &job).await?;
        }
    }
    tx.commit().await?;
    Ok(!rows.is_empty())
}

/// A dead or cancelled job starts over, with all its attempts. False when it is in another state. A conflict when another job
/// does the same work already.
pub async fn retry(db: &Db, id: Uuid) -> Result<bool> {
    let sql = format!(
        "UPDATE job SET state = 'PENDING', attempt = 0, lost_leases = 0, deferrals = 0, progress = 0, last_error = NULL, run_at = {{now}},
           cancel_requested = false, rerun = false, started_at = NULL, finished_at = NULL, updated_at = {{now}}
         WHERE id = $1 AND state IN ('DEAD','CANCELLED') {RETURNING}"
    );
    let tx = db.begin().await?;
    let rows = query(&tx, &sql, vec![id.into()]).await.map_err(|error| {
        unique_or(error, |_| {
            Error::conflict(
                "id",
                "SAME_JOB_UNFINISHED",
                "A newer job that does the same is not finished yet",
            )
        })
    })?;
    for row in &rows {
        tell(&tx, EventKind::JobQueued, &Changed::of(row)?).await?;
    }
    tx.commit().await?;
    Ok(!rows.is_empty())
}
