//! Takes the jobs of one queue as its slots come free.
//!
//! Jobs that end in no time are taken ahead of the slots (see `slots`) and wait here for one; nobody renews their leases
//! meanwhile, so one that waited too long is given back.

use super::backend::Work;
use super::context::{JobCtx, Stop};
use super::hub::Hub;
use super::registry::Registry;
use super::slots::{Slot, Slots};
use domain::jobs::store::{self, Fetched, Settlement};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

const FAILED_FETCH: Duration = Duration::from_millis(100);
/// Most jobs that are taken ahead at once.
const AHEAD: usize = 256;

#[derive(Clone)]
pub struct Pump {
    pub hub: Arc<Hub>,
    pub registry: Registry,
    pub queue: &'static str,
    pub kinds: Vec<&'static str>,
    pub slots: Arc<Slots>,
    /// Ends with the hub's stop, or when the backend goes away.
    pub stop: CancellationToken,
}

/// A job that was taken ahead of a slot.
struct Ahead {
    job: Fetched,
    since: Instant,
}

impl Pump {
    pub async fn run(self, work: mpsc::Sender<Work>) {
        let mut wakeups = self.hub.signals.queue(self.queue);
        let mut ahead = VecDeque::new();
        let mut failures = 0u32;
        while let Some(slot) = self.slot().await {
            if let Some(Ahead { job, since }) = ahead.pop_front() {
                self.hand_over(job, slot, since, &work).await;
                continue;
            }
            let wait = match self.fill(slot, &mut ahead, &work).await {
                Ok(0) => {
                    failures = 0;
                    self.hub.options.poll
                }
                // Also when it was less than wanted: others may just have held what was passed over.
                Ok(_) => continue,
                Err(error) => {
                    failures += 1;
                    warn!(queue = self.queue, %error, "jobs could not be fetched");
                    FAILED_FETCH * 2u32.pow(failures.min(6))
                }
            };
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                () = wakeups.changed(), if failures == 0 => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        for Ahead { job, .. } in ahead {
            self.hub.settle(&job.lease, &Settlement::Released, Instant::now()).await;
        }
    }

    /// A free one; `None` when it is time to stop.
    async fn slot(&self) -> Option<Slot> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            slot = self.slots.take() => Some(slot),
        }
    }

    /// Takes jobs for the slot and all others that are free, and some ahead; answers how many.
    async fn fill(&self, first: Slot, ahead: &mut VecDeque<Ahead>, work: &mpsc::Sender<Work>) -> domain::Result<usize> {
        let batch = self.hub.options.batch;
        let mut slots = vec![first];
        while slots.len() < batch
            && let Some(slot) = self.slots.try_take()
        {
            slots.push(slot);
        }
        let since = Instant::now();
        let jobs = self.fetch(slots.len() + self.slots.ahead(AHEAD)).await?;
        let taken = jobs.len();
        for job in jobs {
            match slots.pop() {
                Some(slot) => self.hand_over(job, slot, since, work).await,
                None => ahead.push_back(Ahead { job, since }),
            }
        }
        Ok(taken)
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

    async fn hand_over(&self, job: Fetched, slot: Slot, since: Instant, work: &mpsc::Sender<Work>) {
        let Some(handler) = self.registry.get(&job.kind).cloned() else {
            return;
        };
        let ctx = JobCtx::new(self.hub.clone(), job, slot, since);
        self.hub.add(&ctx);
        if self.stop.is_cancelled() || since.elapsed() > self.hub.options.lease / 3 {
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
    ctx.hub().settle(ctx.lease(), &Settlement::Released, ctx.renewed()).await;
    ctx.hub().remove(ctx);
}
