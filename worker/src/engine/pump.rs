//! Takes the jobs of one queue as its slots come free.

use super::backend::Work;
use super::context::{JobCtx, Stop};
use super::hub::Hub;
use super::registry::Registry;
use domain::jobs::store::{self, Fetched, Settlement};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::warn;

const FAILED_FETCH: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct Pump {
    pub hub: Arc<Hub>,
    pub registry: Registry,
    pub queue: &'static str,
    pub kinds: Vec<&'static str>,
    pub slots: Arc<Semaphore>,
    /// Ends with the hub's stop, or when the backend goes away.
    pub stop: CancellationToken,
}

impl Pump {
    pub async fn run(self, work: mpsc::Sender<Work>) {
        let mut wakeups = self.hub.signals.queue(self.queue);
        let mut failures = 0u32;
        loop {
            let Some(mut slots) = self.free_slots().await else {
                return;
            };
            let wait = match self.fetch(slots.len()).await {
                Ok(jobs) => {
                    failures = 0;
                    let more = jobs.len() == slots.len();
                    for job in jobs {
                        let Some(slot) = slots.pop() else { break };
                        self.hand_over(job, slot, &work).await;
                    }
                    if more {
                        continue;
                    }
                    self.hub.options.poll
                }
                Err(error) => {
                    failures += 1;
                    warn!(queue = self.queue, %error, "jobs could not be fetched");
                    FAILED_FETCH * 2u32.pow(failures.min(6))
                }
            };
            drop(slots);
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = wakeups.changed(), if failures == 0 => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// All that are free, at least one and at most a batch; `None` when it is time to stop.
    async fn free_slots(&self) -> Option<Vec<OwnedSemaphorePermit>> {
        let first = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            slot = self.slots.clone().acquire_owned() => slot.ok()?,
        };
        let mut slots = vec![first];
        while slots.len() < self.hub.options.batch {
            match self.slots.clone().try_acquire_owned() {
                Ok(slot) => slots.push(slot),
                Err(_) => break,
            }
        }
        Some(slots)
    }

    pub async fn fetch(&self, limit: usize) -> domain::Result<Vec<Fetched>> {
        let options = &self.hub.options;
        store::fetch(
            &self.hub.db,
            self.queue,
            &self.kinds,
            &options.worker,
            options.lease,
            limit,
        )
        .await
    }

    async fn hand_over(&self, job: Fetched, slot: OwnedSemaphorePermit, work: &mpsc::Sender<Work>) {
        let Some(handler) = self.registry.get(&job.kind).cloned() else {
            return;
        };
        let ctx = JobCtx::new(self.hub.clone(), job, slot);
        self.hub.add(&ctx);
        if self.stop.is_cancelled() {
            return give_back(&ctx).await;
        }
        if let Err(mpsc::error::SendError(work)) = work.send(Work { ctx, handler }).await {
            give_back(&work.ctx).await;
        }
    }
}

/// A job that was taken but not begun.
pub async fn give_back(ctx: &JobCtx) {
    ctx.halt(Stop::Shutdown);
    ctx.hub().settle(ctx, &Settlement::Released).await;
    ctx.hub().remove(ctx);
}
