//! One holder's hold on one job, as holders outside the server need it: they ask for one job at a time and wait for its row,
//! while `heartbeat` renews all of a process and passes over rows that are locked.

use super::Lease;
use crate::db::sql::query;
use crate::error::Result;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use std::time::Duration;

const FENCE: &str = "WHERE id = $1 AND state = 'RUNNING' AND lease_token = $2";

/// A lease that goes on.
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub struct Extended {
    pub lease_until: DateTime<Utc>,
    pub cancel_requested: bool,
}

/// How long the attempt has been running, by the database's clock; `None` when the lease is lost.
pub async fn elapsed(c: &impl ConnectionTrait, lease: &Lease) -> Result<Option<Duration>> {
    let rows = query(
        c,
        &format!("SELECT started_at, {{now}} AS now FROM job {FENCE}"),
        of(lease),
    )
    .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (started, now): (DateTime<Utc>, DateTime<Utc>) = (row.try_get("", "started_at")?, row.try_get("", "now")?);
    Ok(Some((now - started).to_std().unwrap_or_default()))
}

/// The lease lasts from now on; `None` when it is lost, and then nothing has changed.
pub async fn extend(c: &impl ConnectionTrait, lease: &Lease, lasts: Duration) -> Result<Option<Extended>> {
    let mut values = of(lease);
    values.push(lasts.as_secs_f64().into());
    let sql = format!("UPDATE job SET lease_until = {{now+$3}} {FENCE} RETURNING lease_until, cancel_requested");
    let rows = query(c, &sql, values).await?;
    Ok(rows.first().map(|row| Extended::from_query_result(row, "")).transpose()?)
}

/// In the caller's transaction: the job stays this holder's until the transaction ends. The end of the lease; `None` when it is
/// lost.
pub async fn lock(c: &impl ConnectionTrait, lease: &Lease) -> Result<Option<DateTime<Utc>>> {
    let rows = query(c, &format!("SELECT lease_until FROM job {FENCE} {{lock}}"), of(lease)).await?;
    Ok(rows.first().map(|row| row.try_get("", "lease_until")).transpose()?)
}

fn of(lease: &Lease) -> Vec<Value> {
    vec![lease.job_id.into(), lease.token.into()]
}
