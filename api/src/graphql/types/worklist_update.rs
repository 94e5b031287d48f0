//! What those hear who watch a worklist.

use super::{Cursor, EventKind, Study, WorklistChange};
use crate::graphql::ids::GlobalId;
use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};
use domain::events;

pub struct WorklistUpdate(pub events::WorklistUpdate);

/// A study came into a list, changed in it, or left it.
#[Object]
impl WorklistUpdate {
    /// Hand it back as `after` to go on from here without a gap.
    async fn cursor(&self) -> Cursor {
        Cursor(self.0.cursor)
    }

    /// What it means for the list.
    async fn kind(&self) -> WorklistChange {
        self.0.movement.into()
    }

    /// What happened to the study.
    async fn event(&self) -> Option<EventKind> {
        EventKind::of(Some(self.0.event))
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Id of the study.
    async fn study_id(&self) -> ID {
        GlobalId::Study(self.0.study_uuid).into()
    }

    /// The study as it is now; null when it left.
    async fn study(&self) -> Option<Study> {
        self.0.study.clone().map(Study)
    }
}
