//! What no request comes to see: studies whose time is over, and radiologists whose working hours begin.

use crate::engine::{JobCtx, JobError};
use domain::jobs::WatchWorklistV1;
use domain::{App, studies};
use tracing::info;

pub async fn run(app: App, _: WatchWorklistV1, ctx: JobCtx) -> Result<(), JobError> {
    let late = studies::overdue_tell(&app.db).await?;
    ctx.check()?;
    let assigned = studies::studies_assign_waiting(&app.db).await?;
    if late + assigned > 0 {
        info!(late, assigned, "looked after the worklist");
    }
    Ok(())
}
