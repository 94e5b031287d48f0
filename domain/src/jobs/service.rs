//! What people may see of jobs and do to them.

use super::store::{self, JobFilter};
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest};
use crate::policy::{Action, Reach, require};
use entity::job::Model;
use std::collections::HashMap;
use uuid::Uuid;

pub async fn job_get(app: &App, ctx: &Context, id: Uuid) -> Result<Model> {
    reachable(app, require(ctx, Action::JobRead)?, id).await
}

/// The newest first.
pub async fn job_list(app: &App, ctx: &Context, filter: &JobFilter, page: PageRequest<Uuid>) -> Result<Page<Model>> {
    let reach = require(ctx, Action::JobRead)?;
    store::list(app.db.reader(), reach, filter, &page).await
}

pub async fn job_count(app: &App, ctx: &Context, filter: &JobFilter) -> Result<u64> {
    let reach = require(ctx, Action::JobRead)?;
    store::count(app.db.reader(), reach, filter).await
}

/// For a DataLoader: a page of the jobs of each study, the newest first.
pub async fn jobs_by_study(
    app: &App,
    ctx: &Context,
    study_ids: &[i64],
    page: &PageRequest<Uuid>,
) -> Result<HashMap<i64, Page<Model>>> {
    let reach = require(ctx, Action::JobRead)?;
    store::of_studies(app.db.reader(), reach, study_ids, page).await
}

/// For a DataLoader: how many jobs each study has.
pub async fn job_counts_by_study(app: &App, ctx: &Context, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let reach = require(ctx, Action::JobRead)?;
    store::count_of_studies(app.db.reader(), reach, study_ids).await
}

/// For a DataLoader: those of the jobs that the caller may see.
pub async fn jobs_by_id(app: &App, ctx: &Context, ids: &[Uuid]) -> Result<Vec<Model>> {
    let reach = require(ctx, Action::JobRead)?;
    store::by_id(app.db.reader(), reach, ids).await
}

/// A dead or cancelled job starts over. A job that waits already is answered as it is.
pub async fn job_retry(app: &App, ctx: &Context, id: Uuid) -> Result<Model> {
    let reach = require(ctx, Action::JobRetry)?;
    let job = reachable(app, reach, id).await?;
    if store::retry(&app.db, id).await? {
        return reachable(app, reach, id).await;
    }
    match job.state.as_str() {
        "PENDING" => Ok(job),
        state => Err(Error::conflict(
            "id",
            "JOB_NOT_RETRYABLE",
            format!("Only dead and cancelled jobs can be retried; this one is {state}"),
        )),
    }
}

/// Ends a waiting job at once and asks a running one to stop. A job that is cancelled already is answered as it is.
pub async fn job_cancel(app: &App, ctx: &Context, id: Uuid) -> Result<Model> {
    let reach = require(ctx, Action::JobCancel)?;
    if reachable(app, reach, id).await?.study_id.is_none() {
        return Err(Error::conflict(
            "id",
            "JOB_OF_THE_SERVER",
            "This job keeps the server in order and cannot be cancelled",
        ));
    }
    let asked = store::request_cancel(&app.db, id).await?;
    let job = reachable(app, reach, id).await?;
    match job.state.as_str() {
        _ if asked => Ok(job),
        "CANCELLED" => Ok(job),
        state => Err(Error::conflict(
            "id",
            "JOB_FINISHED",
            format!("The job has ended already; it is {state}"),
        )),
    }
}

async fn reachable(app: &App, reach: Reach, id: Uuid) -> Result<Model> {
    let job = store::find(app.db.reader(), id).await?.ok_or(Error::NotFound("Job"))?;
    let visible = match reach {
        Reach::All => true,
        Reach::Centre(own) => job.centre_id == Some(own),
        Reach::Own(own) => job.created_by_id == Some(own),
    };
    if visible {
        Ok(job)
    } else {
        Err(Error::OutOfScope("Job"))
    }
}
