//! What operators change of queues while Gantry runs, and how full they are.

use crate::db::Db;
use crate::db::sql::query;
use crate::error::Result;
use entity::queue::{Column, Entity, Model};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryOrder};

/// The queues that somebody changed; the others have the defaults.
pub async fn queues_changed(db: &Db) -> Result<Vec<Model>> {
    Ok(Entity::find().order_by_asc(Column::Name).all(db.reader()).await?)
}

/// Which settings of a queue to change; what is `None` stays as it is, and an inner `None` goes back to the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct QueueChange {
    pub paused: Option<bool>,
    pub slots: Option<Option<i32>>,
    pub centre_slots: Option<Option<i32>>,
}

pub async fn queue_change(c: &impl ConnectionTrait, name: &str, change: QueueChange) -> Result<()> {
    let sql = "INSERT INTO queue (name, paused, slots, centre_slots, updated_at) VALUES ($1, $2, $4, $6, {now})
               ON CONFLICT (name) DO UPDATE SET updated_at = {now},
                 paused = CASE WHEN $3 THEN excluded.paused ELSE queue.paused END,
                 slots = CASE WHEN $5 THEN excluded.slots ELSE queue.slots END,
                 centre_slots = CASE WHEN $7 THEN excluded.centre_slots ELSE queue.centre_slots END";
    let values = vec![
        name.into(),
        change.paused.unwrap_or(false).into(),
        change.paused.is_some().into(),
        change.slots.flatten().into(),
        change.slots.is_some().into(),
        change.centre_slots.flatten().into(),
        change.centre_slots.is_some().into(),
    ];
    query(c, sql, values).await?;
    Ok(())
}

/// How many jobs of a queue and kind wait and run, and how long the oldest has been due.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Load {
    pub queue: String,
    pub kind: String,
    /// Due now, or later.
    pub waiting: i64,
    pub running: i64,
    /// Since when the oldest waiting job has been due, if one is.
    pub oldest_due: Option<chrono::DateTime<chrono::Utc>>,
}

/// Of every queue and kind that has unfinished jobs; each part is read by an index of its own.
pub async fn load(db: &Db) -> Result<Vec<Load>> {
    let part = |waiting: &str, running: &str, oldest: &str, these: &str| {
        format!(
            "SELECT queue, kind, {waiting} AS waiting, {running} AS running, {oldest} AS oldest_due FROM job WHERE {these} GROUP BY queue, kind"
        )
    };
    let due = "MIN(CASE WHEN run_at <= {now} THEN run_at END)";
    let none = "MIN(CASE WHEN false THEN run_at END)";
    let parts = [
        part("count(*)", "0", due, "state = 'PENDING' AND lost_leases = 0"),
        part("count(*)", "0", due, "state = 'PENDING' AND lost_leases > 0"),
        part("0", "count(*)", none, "state = 'RUNNING'"),
    ];
    let sql = format!(
        "SELECT queue, kind, CAST(SUM(waiting) AS bigint) AS waiting, CAST(SUM(running) AS bigint) AS running, MIN(oldest_due) AS oldest_due
         FROM ({}) parts GROUP BY queue, kind ORDER BY queue, kind",
        parts.join(" UNION ALL ")
    );
    let rows = query(db.reader(), &sql, vec![]).await?;
    rows.iter().map(|row| Ok(Load::from_query_result(row, "")?)).collect()
}
