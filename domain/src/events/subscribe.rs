//! What subscribers hear: the current state first, or everything after their cursor, within what they may see.

use super::history::still_kept;
use super::{Cursor, Event, EventKind, Subjects, Topic};
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::jobs::{self, JobFilter};
use crate::page::PageRequest;
use crate::policy::{Action, Reach, require};
use crate::studies;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, stream};
use std::sync::Arc;
use uuid::Uuid;

/// One thing that a subscriber hears.
#[derive(Debug, Clone)]
pub struct Update {
    /// Hand it back as `after` to go on from here.
    pub cursor: Cursor,
    /// None: the state at the beginning.
    pub kind: Option<EventKind>,
    pub at: DateTime<Utc>,
    /// Why somebody did it, where he said so.
    pub reason: Option<String>,
    pub subjects: Arc<Subjects>,
}

/// What a subscriber asks for; empty fields mean everything that the caller may see.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Uuid or 8-character id.
    pub study: Option<String>,
    pub job: Option<Uuid>,
    pub centre_id: Option<i64>,
    pub after: Option<Cursor>,
}

/// Everything that happens to studies. Without `after` and with a study, its state now comes first.
pub async fn study_updates(
    app: &App,
    ctx: &Context,
    wanted: Wanted,
) -> Result<impl Stream<Item = Result<Update>> + Send + use<>> {
    let (topic, start) = begin(app, ctx, Action::StudyRead, &wanted).await?;
    let now = match (wanted.after, topic.study_id) {
        (None, Some(study)) => vec![state(start, Some(study), None)],
        _ => Vec::new(),
    };
    Ok(updates(app, ctx, topic, start, now))
}

/// Everything that happens to jobs. Without `after` and with a study or a job, the jobs as they are now come first.
pub async fn job_updates(
    app: &App,
    ctx: &Context,
    wanted: Wanted,
) -> Result<impl Stream<Item = Result<Update>> + Send + use<>> {
    let (mut topic, start) = begin(app, ctx, Action::JobRead, &wanted).await?;
    topic.jobs_only = true;
    topic.job_id = wanted.job;
    let mut now = Vec::new();
    if wanted.after.is_none() {
        if let Some(id) = wanted.job {
            let job = jobs::job_get(app, ctx, id).await?;
            now.push(state(start, job.study_id, Some(id)));
        } else if topic.study_id.is_some() {
            let filter = JobFilter {
                study_id: topic.study_id,
                ..Default::default()
            };
            let page = PageRequest {
                limit: crate::page::MAX_LIMIT,
                ..Default::default()
            };
            let jobs = jobs::job_list(app, ctx, &filter, page).await?.items;
            now.extend(jobs.into_iter().rev().map(|job| state(start, job.study_id, Some(job.id))));
        }
    }
    Ok(updates(app, ctx, topic, start, now))
}

/// What of the events may be heard, and from where on.
pub(super) async fn begin(app: &App, ctx: &Context, action: Action, wanted: &Wanted) -> Result<(Topic, Cursor)> {
    Ok((topic(app, ctx, action, wanted).await?, start(app, wanted).await?))
}

async fn topic(app: &App, ctx: &Context, action: Action, wanted: &Wanted) -> Result<Topic> {
    let own = match require(ctx, action)? {
        Reach::All => None,
        Reach::Centre(own) | Reach::Own(own) => Some(own),
    };
    if let (Some(own), Some(centre)) = (own, wanted.centre_id)
        && own != centre
    {
        return Err(Error::OutOfScope("Centre"));
    }
    let study_id = match &wanted.study {
        Some(key) => Some(studies::study_find(app, ctx, key).await?.id),
        None => None,
    };
    if let Some(id) = wanted.job {
        jobs::job_get(app, ctx, id).await?;
    }
    Ok(Topic {
        centre_id: own.or(wanted.centre_id),
        study_id,
        hidden: EventKind::hidden_from(ctx),
        ..Default::default()
    })
}

async fn start(app: &App, wanted: &Wanted) -> Result<Cursor> {
    match wanted.after {
        Some(after) => {
            still_kept(app.db.reader(), after).await?;
            Ok(after)
        }
        None => app.events.head().await,
    }
}

fn state(cursor: Cursor, study_id: Option<i64>, job_id: Option<Uuid>) -> Update {
    Update {
        cursor,
        kind: None,
        at: Utc::now(),
        reason: None,
        subjects: Arc::new(Subjects::new(study_id, job_id)),
    }
}

fn updates(
    app: &App,
    ctx: &Context,
    topic: Topic,
    start: Cursor,
    now: Vec<Update>,
) -> impl Stream<Item = Result<Update>> + Send + use<> {
    let live = app.events.listen(topic, start).map(|event| event.map(|event| update(&event)));
    until_revoked(app, ctx, stream::iter(now.into_iter().map(Ok)).chain(live))
}

/// Ends the stream with the rights of who listens.
pub(super) fn until_revoked<S: Stream>(app: &App, ctx: &Context, updates: S) -> impl Stream<Item = S::Item> + use<S> {
    let (events, user) = (app.events.clone(), ctx.user().ok().cloned());
    // Deactivation ends every stream of the user at once (contract X-16).
    let revoked = async move {
        match user {
            Some(user) => events.revoked(user.id, user.token_version).await,
            None => std::future::pending().await,
        }
    };
    updates.take_until(Box::pin(revoked))
}

fn update(event: &Event) -> Update {
    Update {
        cursor: event.cursor,
        kind: Some(event.kind),
        at: event.created_at,
        reason: event.reason().map(str::to_owned),
        subjects: event.subjects.clone(),
    }
}
