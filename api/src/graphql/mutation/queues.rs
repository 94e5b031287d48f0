//! Queues, changed while they work.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::types::{Queue, acting, app};
use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use domain::jobs::{self, QueueChange};

#[derive(Default)]
pub struct QueueMutation;

/// Which queue.
#[derive(InputObject)]
pub struct QueuePauseInput {
    /// Its name.
    name: String,
}

/// Which queue.
#[derive(InputObject)]
pub struct QueueResumeInput {
    /// Its name.
    name: String,
}

/// What to change; what is left out stays as it is, null goes back to the default.
#[derive(InputObject)]
pub struct QueueUpdateInput {
    /// Its name.
    name: String,
    /// Jobs that each worker process runs at the same time, from 1 to 1000; null: as each process is configured.
    slots: MaybeUndefined<i32>,
    /// Jobs of one centre that run at the same time in the whole cluster, from 1 to 1000; null: no limit.
    centre_slots: MaybeUndefined<i32>,
}

/// The queue, or what to mend.
#[derive(SimpleObject)]
pub struct QueuePayload {
    /// The queue as it is now.
    pub queue: Option<Queue>,
    /// What to mend.
    pub user_errors: Vec<UserError>,
}

#[Object]
impl QueueMutation {
    /// Lets no more jobs of a queue begin; those that run go on. For administrators.
    async fn queue_pause(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which queue.")] input: QueuePauseInput,
    ) -> Result<QueuePayload> {
        update(ctx, &input.name, paused(true)).await
    }

    /// Lets the jobs of a paused queue begin again. For administrators.
    async fn queue_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which queue.")] input: QueueResumeInput,
    ) -> Result<QueuePayload> {
        update(ctx, &input.name, paused(false)).await
    }

    /// Changes how many jobs of a queue run at the same time; workers follow within a second. For administrators.
    async fn queue_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: QueueUpdateInput,
    ) -> Result<QueuePayload> {
        let change = QueueChange {
            slots: changed(input.slots),
            centre_slots: changed(input.centre_slots),
            ..Default::default()
        };
        update(ctx, &input.name, change).await
    }
}

fn paused(paused: bool) -> QueueChange {
    QueueChange {
        paused: Some(paused),
        ..Default::default()
    }
}

fn changed(value: MaybeUndefined<i32>) -> Option<Option<i32>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

async fn update(ctx: &Context<'_>, name: &str, change: QueueChange) -> Result<QueuePayload> {
    let queue = async { jobs::queue_update(app(ctx)?, acting(ctx)?, name, change).await };
    let (queue, user_errors) = outcome(queue.await)?;
    Ok(QueuePayload {
        queue: queue.map(Queue),
        user_errors,
    })
}
