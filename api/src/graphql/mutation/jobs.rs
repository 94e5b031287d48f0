//! Jobs.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{Job, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{jobs, rows};

#[derive(Default)]
pub struct JobMutation;

/// Which job.
#[derive(InputObject)]
pub struct JobRetryInput {
    /// Which job.
    id: ID,
}

/// Which job.
#[derive(InputObject)]
pub struct JobCancelInput {
    /// Which job.
    id: ID,
}

/// The job, or what to mend.
#[derive(SimpleObject)]
pub struct JobPayload {
    /// The job as it is now.
    pub job: Option<Job>,
    /// What to mend.
    pub user_errors: Vec<UserError>,
}

#[Object]
impl JobMutation {
    /// Gives a dead or cancelled job a new set of attempts.
    async fn job_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which job.")] input: JobRetryInput,
    ) -> Result<JobPayload> {
        let job = async { jobs::job_retry(app(ctx)?, acting(ctx)?, ids::job(&input.id)?).await };
        payload(job.await)
    }

    /// Cancels a waiting job at once, and asks the worker of a running one to stop.
    async fn job_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which job.")] input: JobCancelInput,
    ) -> Result<JobPayload> {
        let job = async { jobs::job_cancel(app(ctx)?, acting(ctx)?, ids::job(&input.id)?).await };
        payload(job.await)
    }
}

pub fn payload(job: domain::Result<rows::Job>) -> Result<JobPayload> {
    let (job, user_errors) = outcome(job)?;
    Ok(JobPayload {
        job: job.map(Job),
        user_errors,
    })
}
