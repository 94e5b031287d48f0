//! What subscribers hear.

use super::{Cursor, EventKind, Job, Study, acting, app, load, loaders};
use crate::graphql::errors::top_level;
use crate::graphql::loaders::{JobId, StudyId};
use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::events::{Event, Update};

/// An event as a subscriber hears it, or as it is read again from a list.
pub enum StudyEvent {
    Heard(Update),
    Kept(Event),
}

/// Something happened to a study.
#[Object]
impl StudyEvent {
    /// Hand it back as `after` to go on from here without a gap.
    async fn cursor(&self) -> Cursor {
        match self {
            Self::Heard(update) => Cursor(update.cursor),
            Self::Kept(event) => Cursor(event.cursor),
        }
    }

    /// What happened.
    async fn kind(&self) -> Option<EventKind> {
        match self {
            Self::Heard(update) => EventKind::of(update.kind),
            Self::Kept(event) => EventKind::of(Some(event.kind)),
        }
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Heard(update) => update.at,
            Self::Kept(event) => event.created_at,
        }
    }

    /// Why somebody did it, where he said so: of a change of urgency.
    async fn reason(&self) -> Option<&str> {
        match self {
            Self::Heard(update) => update.reason.as_deref(),
            Self::Kept(event) => event.reason(),
        }
    }

    /// The study as it is now.
    async fn study(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Study>> {
        match self {
            Self::Heard(update) => study(ctx, update).await,
            Self::Kept(Event { study_id: None, .. }) => Ok(None),
            Self::Kept(Event { study_id: Some(id), .. }) => {
                Ok(load(&loaders(ctx)?.studies, StudyId(*id)).await?.map(Study))
            }
        }
    }

    /// The job that it is about, if any, as it is now.
    async fn job(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Job>> {
        match self {
            Self::Heard(update) => job(ctx, update).await,
            Self::Kept(Event { job_id: None, .. }) => Ok(None),
            Self::Kept(Event { job_id: Some(id), .. }) => Ok(load(&loaders(ctx)?.jobs, JobId(*id)).await?.map(Job)),
        }
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
    let row = async { update.subjects.study_for(app(ctx)?, acting(ctx)?).await };
    Ok(row.await.map_err(top_level)?.map(Study))
}

async fn job(ctx: &Context<'_>, update: &Update) -> async_graphql::Result<Option<Job>> {
    let row = async { update.subjects.job(app(ctx)?).await };
    Ok(row.await.map_err(top_level)?.map(Job))
}
