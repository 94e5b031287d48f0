//! `Job`: work for the workers.

use super::{JobKind, JobState, Study, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::StudyId;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{jobs, rows};

pub struct Job(pub rows::Job);

/// Work that a worker does, and how far it is.
#[Object]
impl Job {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Job(self.0.id).into()
    }

    /// What it does.
    async fn kind(&self) -> Option<JobKind> {
        jobs::JobKind::parse(&self.0.kind).map(JobKind::from)
    }

    /// Where it is.
    async fn state(&self) -> Option<JobState> {
        jobs::JobState::parse(&self.0.state).map(JobState::from)
    }

    /// The queue that it waits in.
    async fn queue(&self) -> &str {
        &self.0.queue
    }

    /// When it begins at the earliest; later than now after a failure or an outage.
    async fn run_at(&self) -> DateTime<Utc> {
        self.0.run_at
    }

    /// From 0 to 1, of the present attempt.
    async fn progress(&self) -> f64 {
        self.0.progress
    }

    /// Number of the present or last attempt, from 1; 0 before the first.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// Attempts after which it is dead.
    async fn max_attempts(&self) -> i32 {
        self.0.max_attempts
    }

    /// Why the last attempt failed, or what it could not do.
    async fn error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When the present or last attempt began.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// When it succeeded, died or was cancelled.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// The study that it works on, if any.
    async fn study(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Study>> {
        match self.0.study_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.studies, StudyId(id)).await?.map(Study)),
        }
    }
}
