//! Removes what nobody needs any more: jobs and events past their time, and sessions that have expired.

use crate::engine::{JobCtx, JobError};
use chrono::TimeDelta;
use domain::jobs::TrimHistoryV1;
use domain::{App, events, identity, jobs};
use std::time::Duration;
use tracing::info;

const DAY: u64 = 86_400;

pub async fn run(app: App, _: TrimHistoryV1, ctx: JobCtx) -> Result<(), JobError> {
    let days = u64::try_from(app.config.job_history_days).unwrap_or(u64::MAX / DAY);
    let ended = jobs::store::trim(&app.db, Duration::from_secs(days.saturating_mul(DAY))).await?;
    ctx.check()?;
    let told = events::trim(&app.db, TimeDelta::days(app.config.event_history_days)).await?;
    ctx.check()?;
    let sessions = identity::trim(&app.db).await?;
    app.db.optimize().await?;
    if ended + told + sessions > 0 {
        info!(
            jobs = ended,
            events = told,
            sessions,
            "removed history that is past its time"
        );
    }
    Ok(())
}
