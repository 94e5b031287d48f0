//! A worklist that is kept up to date: which studies enter a filtered list, change in it and leave it.
//!
//! An event that changes what lists are filtered by says what the study was like before, so whether it was in a list can be told by a
//! listener that has just come back with a cursor as well. Nothing is asked of the database but the study itself, once an event for all
//! listeners of a process (`Subjects`).
//!
//! Invariant: when all events are told, a listener holds exactly those studies that its filter finds, of those that events were about.

use super::subscribe::{Wanted, begin, until_revoked};
use super::{Cursor, Event, EventKind};
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::policy::Action;
use crate::studies::{Moment, Seen, StudyFilter};
use chrono::{DateTime, Utc};
use entity::study::Model;
use futures::{Stream, StreamExt};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// Studies of which a listener remembers whether it has them; of others the event says what they were.
const REMEMBERED: usize = 4_096;

/// What becomes of a study in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Movement {
    Entered,
    Changed,
    Left,
}

/// One change of a list.
#[derive(Debug, Clone)]
pub struct WorklistUpdate {
    /// Hand it back as `after` to go on from here.
    pub cursor: Cursor,
    pub movement: Movement,
    pub event: EventKind,
    pub at: DateTime<Utc>,
    pub study_uuid: Uuid,
    /// As it is now; none when it left.
    pub study: Option<Model>,
}

/// What happens in a list of studies, within what the caller may see: from now on, or everything after a cursor.
pub async fn worklist_updates(
    app: &App,
    ctx: &Context,
    filter: StudyFilter,
    after: Option<Cursor>,
) -> Result<impl Stream<Item = Result<WorklistUpdate>> + Send + use<>> {
    filter.check()?;
    if filter.has_unacknowledged_critical_finding.is_some() {
        return Err(Error::invalid(
            "filter",
            "NOT_FOLLOWED",
            "A live worklist cannot be filtered by critical findings; follow the list without that filter",
        ));
    }
    let wanted = Wanted {
        centre_id: filter.centre_id,
        after,
        ..Default::default()
    };
    let (topic, start) = begin(app, ctx, Action::StudyRead, &wanted).await?;
    let events = app.events.listen(topic, start);
    let updates = moved(app.clone(), ctx.clone(), filter, events);
    Ok(until_revoked(app, ctx, updates))
}

fn moved(
    app: App,
    ctx: Context,
    filter: StudyFilter,
    events: impl Stream<Item = Result<Arc<Event>>> + Send,
) -> impl Stream<Item = Result<WorklistUpdate>> + Send {
    async_stream::try_stream! {
        let mut events = std::pin::pin!(events);
        let mut memory = Memory::default();
        while let Some(event) = events.next().await {
            let event = event?;
            // What jobs do to a study is told by events of its own, or is nothing that a list shows.
            if event.job_id.is_some() {
                continue;
            }
            let Some(study) = event.subjects.study(&app).await? else { continue };
            let words = event.subjects.words(&study);
            let is = filter.matches(&Moment::present(&study, words, Utc::now()));
            let was = match memory.of(study.id) {
                None => was(&filter, &event, &study, words)?,
                known => known,
            };
            if let Some(movement) = movement(was.unwrap_or(is), is) {
                memory.note(study.id, is);
                if is {
                    ctx.saw(AuditKind::StudyListed, [study.id]);
                }
                yield WorklistUpdate {
                    cursor: event.cursor,
                    movement,
                    event: event.kind,
                    at: event.created_at,
                    study_uuid: study.uuid,
                    study: is.then_some(study),
                };
            }
        }
    }
}

fn movement(was: bool, is: bool) -> Option<Movement> {
    match (was, is) {
        (false, true) => Some(Movement::Entered),
        (true, true) => Some(Movement::Changed),
        (true, false) => Some(Movement::Left),
        (false, false) => None,
    }
}

/// Whether the study was in the list before the event; none when the event does not say what the study was like.
fn was(filter: &StudyFilter, event: &Event, study: &Model, words: &BTreeSet<String>) -> Result<Option<bool>> {
    let moment = match (event.kind, event.payload.get("was")) {
        (EventKind::StudyCreated, _) => return Ok(Some(false)),
        // It is not late at the very moment when it is due.
        (EventKind::StudyOverdue, _) => Moment::present(study, words, study.due_at),
        (_, Some(before)) => {
            let before: Seen = serde_json::from_value(before.clone()).map_err(Error::internal)?;
            Moment::earlier(study, words, before, event.created_at)
        }
        (_, None) => return Ok(None),
    };
    Ok(Some(filter.matches(&moment)))
}

/// Which studies a listener has, of the latest that it was told of. Not what it was not told: the study is read as it is now, so the list
/// may have had it before an event said so.
#[derive(Default)]
struct Memory {
    has: HashMap<i64, bool>,
    oldest: VecDeque<i64>,
}

impl Memory {
    fn of(&self, study: i64) -> Option<bool> {
        self.has.get(&study).copied()
    }

    fn note(&mut self, study: i64, has: bool) {
        if self.has.insert(study, has).is_none() {
            self.oldest.push_back(study);
        }
        if self.oldest.len() > REMEMBERED
            && let Some(forgotten) = self.oldest.pop_front()
        {
            self.has.remove(&forgotten);
        }
    }
}
