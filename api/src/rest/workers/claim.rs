//! `POST /workers/v1/claim`.

use super::WorkerError;
use super::body::{Caller, Input};
use chrono::{DateTime, Utc};
use domain::App;
use domain::jobs::external::{self, Claim, Claimed};
use poem::handler;
use poem::web::{Data, Json};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimBody {
    worker: String,
    kinds: Option<Vec<String>>,
    limit: Option<usize>,
    lease_seconds: Option<u64>,
    wait_seconds: Option<u64>,
}

#[derive(Serialize)]
pub struct JobsBody {
    jobs: Vec<JobBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JobBody {
    id: Uuid,
    kind: String,
    attempt: i32,
    max_attempts: i32,
    lease_token: i64,
    lease_expires_at: Option<DateTime<Utc>>,
    timeout_seconds: u64,
    task: serde_json::Value,
}

pub const DEFAULT_LEASE: u64 = 60;

#[handler]
pub async fn claim(
    app: Data<&App>,
    Caller(ctx): Caller,
    Input(body): Input<ClaimBody>,
) -> Result<Json<JobsBody>, WorkerError> {
    let claim = Claim {
        worker: body.worker,
        kinds: body.kinds,
        limit: body.limit.unwrap_or(1),
        lease_seconds: body.lease_seconds.unwrap_or(DEFAULT_LEASE),
        wait_seconds: body.wait_seconds.unwrap_or(0),
    };
    let jobs = external::job_claim(app.0, &ctx, &claim).await?;
    Ok(Json(JobsBody {
        jobs: jobs.into_iter().map(JobBody::from).collect(),
    }))
}

impl From<Claimed> for JobBody {
    fn from(Claimed { job, timeout, task }: Claimed) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            lease_token: job.lease_token,
            lease_expires_at: job.lease_until,
            timeout_seconds: timeout.as_secs(),
            task,
        }
    }
}
