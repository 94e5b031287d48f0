//! Completion of an attempt outside the server: results, outputs, the job's end and its event in one transaction.

use super::attempt::{Held, held, holder, in_scope, lease_lost, working};
use super::{ending, outputs};
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::jobs::JobState;
use crate::jobs::store;
use crate::storage::Batch;
use serde_json::Value;
use uuid::Uuid;

/// What became of the job.
#[derive(Debug, Clone, Copy)]
pub struct Completed {
    /// PENDING when the job was asked for again while it ran.
    pub state: JobState,
    /// This lease had completed it before; nothing was written now.
    pub already_completed: bool,
}

/// Completes the job with its result and what was uploaded for it. Doing it again with the same lease changes nothing, so that a
/// worker that lost the answer may ask again. (When the job was asked for anew meanwhile, the second call finds the lease lost:
/// the results of the first are written all the same.)
pub async fn job_complete(app: &App, ctx: &Context, id: Uuid, token: i64, result: Value) -> Result<Completed> {
    let held = match held(app, ctx, id, token).await {
        Ok(held) => held,
        Err(Error::Conflict(_)) => return before(app, ctx, id, token).await,
        Err(error) => return Err(error),
    };
    match write(app, &held, result).await? {
        true => Ok(Completed {
            state: state(app, id).await?,
            already_completed: false,
        }),
        false => before(app, ctx, id, token).await,
    }
}

/// False when the lease was lost meanwhile, and then nothing has changed.
async fn write(app: &App, held: &Held, result: Value) -> Result<bool> {
    let uploaded = outputs::uploaded(app.db.reader(), &held.lease).await?;
    let checked = held.kind.check(app, &held.job, result, uploaded).await?;
    let batch = outputs::batch_of(app.db.reader(), &held.lease).await?;
    let tx = app.db.begin().await?;
    if !store::succeed(&tx, &held.lease, held.job.study_id).await? {
        return Ok(false);
    }
    if let Some(batch) = batch {
        Batch::resume(&app.db, &app.storage, batch).commit(&tx, &checked.files).await?;
    }
    (checked.write)(&tx).await?;
    tx.commit().await?;
    ending::report(held, "succeeded");
    outputs::drop_batch(app, batch).await;
    Ok(true)
}

/// Whether this lease completed the job before.
async fn before(app: &App, ctx: &Context, id: Uuid, token: i64) -> Result<Completed> {
    let worker = working(ctx)?;
    let (job, _) = in_scope(app, worker, id).await?;
    let ours = job.worker.as_deref().is_some_and(|name| name.starts_with(&holder(worker)));
    let state = JobState::Succeeded;
    if ours && job.lease_token == token && job.state == state.as_str() {
        return Ok(Completed {
            state,
            already_completed: true,
        });
    }
    Err(lease_lost())
}

async fn state(app: &App, id: Uuid) -> Result<JobState> {
    let job = store::find(app.db.reader(), id).await?.ok_or(Error::NotFound("Job"))?;
    Ok(JobState::parse(&job.state).unwrap_or(JobState::Succeeded))
}
