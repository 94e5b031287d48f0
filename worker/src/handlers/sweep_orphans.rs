//! Removes what crashes left in the object store; see `domain::storage::sweep`.

use crate::engine::{JobCtx, JobError};
use chrono::TimeDelta;
use domain::App;
use domain::jobs::SweepOrphansV1;
use tracing::info;

pub async fn run(app: App, _: SweepOrphansV1, _: JobCtx) -> Result<(), JobError> {
    let silence = TimeDelta::minutes(app.config.staging_minutes);
    let batches = domain::storage::sweep(&app.db, &app.storage, silence).await?;
    if batches > 0 {
        info!(batches, "swept batches that nobody had committed");
    }
    Ok(())
}
