//! What the holder of a job says of it: that it goes on, and how it ended.

use super::WorkerError;
use super::body::{Caller, Input, JobId};
use super::claim::DEFAULT_LEASE;
use chrono::{DateTime, Utc};
use domain::App;
use domain::jobs::JobState;
use domain::jobs::external;
use poem::handler;
use poem::web::{Data, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatBody {
    lease_token: i64,
    progress: Option<f64>,
    lease_seconds: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BeatBody {
    lease_expires_at: DateTime<Utc>,
    cancel: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteBody {
    lease_token: i64,
    result: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletedBody {
    state: &'static str,
    already_completed: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailBody {
    lease_token: i64,
    error: String,
    retryable: Option<bool>,
    retry_after_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseBody {
    lease_token: i64,
}

#[derive(Serialize)]
pub struct StateBody {
    state: &'static str,
}

impl From<JobState> for StateBody {
    fn from(state: JobState) -> Self {
        Self { state: state.as_str() }
    }
}

#[handler]
pub async fn heartbeat(
    app: Data<&App>,
    Caller(ctx): Caller,
    JobId(id): JobId,
    Input(body): Input<HeartbeatBody>,
) -> Result<Json<BeatBody>, WorkerError> {
    let lasts = body.lease_seconds.unwrap_or(DEFAULT_LEASE);
    let beat = external::job_heartbeat(app.0, &ctx, id, body.lease_token, body.progress, lasts).await?;
    Ok(Json(BeatBody {
        lease_expires_at: beat.lease_expires_at,
        cancel: beat.cancel,
    }))
}

#[handler]
pub async fn complete(
    app: Data<&App>,
    Caller(ctx): Caller,
    JobId(id): JobId,
    Input(body): Input<CompleteBody>,
) -> Result<Json<CompletedBody>, WorkerError> {
    let completed = external::job_complete(app.0, &ctx, id, body.lease_token, body.result).await?;
    Ok(Json(CompletedBody {
        state: completed.state.as_str(),
        already_completed: completed.already_completed,
    }))
}

#[handler]
pub async fn fail(
    app: Data<&App>,
    Caller(ctx): Caller,
    JobId(id): JobId,
    Input(body): Input<FailBody>,
) -> Result<Json<StateBody>, WorkerError> {
    let failure = external::Failure {
        error: body.error,
        retryable: body.retryable.unwrap_or(true),
        retry_after_seconds: body.retry_after_seconds,
    };
    let state = external::job_fail(app.0, &ctx, id, body.lease_token, failure).await?;
    Ok(Json(state.into()))
}

#[handler]
pub async fn release(
    app: Data<&App>,
    Caller(ctx): Caller,
    JobId(id): JobId,
    Input(body): Input<LeaseBody>,
) -> Result<Json<StateBody>, WorkerError> {
    let state = external::job_release(app.0, &ctx, id, body.lease_token).await?;
    Ok(Json(state.into()))
}

#[handler]
pub async fn cancelled(
    app: Data<&App>,
    Caller(ctx): Caller,
    JobId(id): JobId,
    Input(body): Input<LeaseBody>,
) -> Result<Json<StateBody>, WorkerError> {
    let state = external::job_cancelled(app.0, &ctx, id, body.lease_token).await?;
    Ok(Json(state.into()))
}
