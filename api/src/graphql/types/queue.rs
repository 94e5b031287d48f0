//! `Queue`: what workers take their jobs from.

use async_graphql::Object;
use chrono::{DateTime, Utc};
use domain::jobs::QueueStatus;

pub struct Queue(pub QueueStatus);

/// A queue of jobs, in the whole cluster.
#[Object]
impl Queue {
    /// `index`, `render`, `transcode`, `documents` or `maintenance`.
    async fn name(&self) -> &str {
        self.0.name
    }

    /// No more of its jobs begin until it is resumed.
    async fn paused(&self) -> bool {
        self.0.paused
    }

    /// Jobs that each worker process runs at the same time; null: as each process is configured.
    async fn slots(&self) -> Option<i32> {
        self.0.slots
    }

    /// Jobs of one centre that run at the same time in the whole cluster; null: no limit.
    async fn centre_slots(&self) -> Option<i32> {
        self.0.centre_slots
    }

    /// Jobs that wait, those that are not due yet included.
    async fn waiting(&self) -> i64 {
        self.0.waiting
    }

    /// Jobs that a worker has.
    async fn running(&self) -> i64 {
        self.0.running
    }

    /// Since when the oldest waiting job has been due; null when none is.
    async fn oldest_due_at(&self) -> Option<DateTime<Utc>> {
        self.0.oldest_due
    }
}
