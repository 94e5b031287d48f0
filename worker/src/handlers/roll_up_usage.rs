//! Counts what came in, for each centre and day; see `domain::usage`.

use crate::engine::{JobCtx, JobError};
use domain::jobs::RollUpUsageV1;
use domain::{App, usage};

pub async fn run(app: App, _: RollUpUsageV1, _: JobCtx) -> Result<(), JobError> {
    Ok(usage::roll_up(&app.db).await?)
}
