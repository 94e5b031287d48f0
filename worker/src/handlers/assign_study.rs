//! Gives studies to radiologists; see `domain::studies`, `assignment::automatic`.
//!
//! An assignment is committed by itself and not with the job's end: whoever releases a study holds it and enqueues this job, so that an
//! attempt which held its job and waited for the study would wait in a circle. Running it twice changes nothing: the second finds the
//! study assigned.

use crate::engine::{JobCtx, JobError};
use domain::jobs::AssignStudyV1;
use domain::{App, studies};

pub async fn run(app: App, job: AssignStudyV1, _: JobCtx) -> Result<(), JobError> {
    match job.study_id {
        Some(id) => drop(studies::study_assign_now(&app.db, id).await?),
        None => drop(studies::studies_assign_waiting(&app.db).await?),
    }
    Ok(())
}
