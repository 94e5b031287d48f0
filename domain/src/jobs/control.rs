//! What administrators see of the queues and change while Gantry runs.

use super::queues;
use super::store::{self, Load, QueueChange};
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::policy::{Action, require};
use chrono::{DateTime, Utc};

/// More would not be slots but a mistake.
const MOST_SLOTS: i32 = 1_000;

/// A queue as it is now.
#[derive(Debug, Clone)]
pub struct QueueStatus {
    pub name: &'static str,
    /// No more of its jobs begin.
    pub paused: bool,
    /// Jobs that each worker process runs at the same time; none: as each process is configured.
    pub slots: Option<i32>,
    /// Jobs of one centre that run at the same time in the whole cluster; none: no limit.
    pub centre_slots: Option<i32>,
    pub waiting: i64,
    pub running: i64,
    /// Since when the oldest waiting job has been due.
    pub oldest_due: Option<DateTime<Utc>>,
}

pub async fn queue_list(app: &App, ctx: &Context) -> Result<Vec<QueueStatus>> {
    require(ctx, Action::QueueRead)?;
    let (changed, load) = (store::queues_changed(&app.db).await?, store::load(&app.db).await?);
    Ok(queues::ALL.iter().map(|name| status(name, &changed, &load)).collect())
}

fn status(name: &'static str, changed: &[entity::queue::Model], load: &[Load]) -> QueueStatus {
    let settings = changed.iter().find(|row| row.name == name);
    let load: Vec<_> = load.iter().filter(|load| load.queue == name).collect();
    QueueStatus {
        name,
        paused: settings.is_some_and(|row| row.paused),
        slots: settings.and_then(|row| row.slots),
        centre_slots: settings.and_then(|row| row.centre_slots),
        waiting: load.iter().map(|load| load.waiting).sum(),
        running: load.iter().map(|load| load.running).sum(),
        oldest_due: load.iter().filter_map(|load| load.oldest_due).min(),
    }
}

/// Pauses, resumes or resizes a queue. Workers follow within a second; jobs that run go on.
pub async fn queue_update(app: &App, ctx: &Context, name: &str, change: QueueChange) -> Result<QueueStatus> {
    require(ctx, Action::QueueUpdate)?;
    let name = queues::ALL.into_iter().find(|known| *known == name).ok_or(Error::NotFound("Queue"))?;
    for (field, slots) in [("slots", change.slots), ("centreSlots", change.centre_slots)] {
        if slots.flatten().is_some_and(|slots| !(1..=MOST_SLOTS).contains(&slots)) {
            let message = format!("{field} is from 1 to {MOST_SLOTS}, or null for the default");
            return Err(Error::invalid(field, "OUT_OF_RANGE", message));
        }
    }
    store::queue_change(app.db.writer(), name, change).await?;
    let (changed, load) = (store::queues_changed(&app.db).await?, store::load(&app.db).await?);
    Ok(status(name, &changed, &load))
}
