//! Verifies a part of the stored objects in each run; see `domain::storage::scrub`.

use crate::engine::{JobCtx, JobError};
use chrono::TimeDelta;
use domain::App;
use domain::jobs::ScrubObjectsV1;
use domain::storage::scrub;
use std::time::Duration;
use tracing::info;

/// Read in one run.
const BYTES: u64 = 1 << 30;
const GO_ON: Duration = Duration::from_secs(10);

pub async fn run(app: App, _: ScrubObjectsV1, _: JobCtx) -> Result<(), JobError> {
    let age = TimeDelta::days(app.config.scrub_days);
    let done = scrub(&app.db, &app.storage, age, BYTES).await?;
    metrics::counter!("gantry_objects_verified_total").increment(done.objects);
    metrics::counter!("gantry_objects_damaged_total").increment(done.damaged);
    if done.objects > 0 {
        info!(done.objects, done.bytes, done.damaged, "verified stored objects");
    }
    match done.bytes < BYTES {
        true => Ok(()),
        false => Err(JobError::Snooze(GO_ON)),
    }
}
