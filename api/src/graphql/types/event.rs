//! What subscribers hear.

use super::{Cursor, EventKind, Job, Study, app};
use crate::graphql::errors::top_level;
use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::events::Update;

pub struct StudyEvent(pub Update);

/// Something happened to a study.
#[Object]
impl StudyEvent {
    /// Hand it back as `after` to go on from here without a gap.
    async fn cursor(&self) -> Cursor {
        Cursor(self.0.cursor)
    }

    /// What happened.
    async fn kind(&self) -> Option<EventKind> {
        EventKind::of(self.0.kind)
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The study as it is now.
    async fn study(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Study>> {
        study(ctx, &self.0).await
    }

    /// The job that it is about, if any, as it is now.
    async fn job(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Job>> {
        job(ctx, &self.0).await
    }
}

pub struct JobEvent(pub Update);

/// Something happened to a job.
#[Object]
impl JobEvent {
    /// Hand it back as `after` to go on from here without a gap.
    async fn cursor(&self) -> Cursor {
        Cursor(self.0.cursor)
    }

    /// What happened.
    async fn kind(&self) -> Option<EventKind> {
        EventKind::of(self.0.kind)
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The job as it is now.
    async fn job(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Job>> {
        job(ctx, &self.0).await
    }

    /// The study that the job works on, if any, as it is now.
    async fn study(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Study>> {
        study(ctx, &self.0).await
    }
}

async fn study(ctx: &Context<'_>, update: &Update) -> async_graphql::Result<Option<Study>> {
    let row = async { update.subjects.study(app(ctx)?).await };
    Ok(row.await.map_err(top_level)?.map(Study))
}

async fn job(ctx: &Context<'_>, update: &Update) -> async_graphql::Result<Option<Job>> {
    let row = async { update.subjects.job(app(ctx)?).await };
    Ok(row.await.map_err(top_level)?.map(Job))
}
