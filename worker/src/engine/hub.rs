//! What the attempts of one process share: heartbeat, reaper, shutdown, settlement, and the settings of their queues.

use super::context::{Attempt, JobCtx, Stop};
use super::options::Options;
use super::settler::Settler;
use super::slots::Slots;
use domain::db::Db;
use domain::jobs::store::{self, Lease};
use domain::signals::Signals;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

const LOOK_FOR_CANCELS: Duration = Duration::from_millis(500);
const REAP_AT_LEAST: Duration = Duration::from_secs(5);
/// A change of a queue's slots takes so long to be noticed.
const LOOK_FOR_SETTINGS: Duration = Duration::from_secs(1);

pub struct Hub {
    pub db: Db,
    pub signals: Arc<Signals>,
    pub options: Options,
    /// No more jobs are taken.
    pub stop: CancellationToken,
    /// Weak: an attempt that was dropped, for whatever reason, is renewed no more, and the reaper returns its job.
    running: Mutex<HashMap<Lease, Weak<Attempt>>>,
    /// Of each queue that this process works on.
    slots: BTreeMap<&'static str, Arc<Slots>>,
    pub(super) settler: Settler,
}

impl Hub {
    pub fn new(
        db: Db,
        signals: Arc<Signals>,
        options: Options,
        queues: impl Iterator<Item = &'static str>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            slots: queues.map(|queue| (queue, Slots::new(options.slots_of(queue)))).collect(),
            db,
            signals,
            options,
            stop,
            running: Mutex::default(),
            settler: Settler::default(),
        })
    }

    /// Runs for ever; to be dropped when the last attempt has ended.
    pub async fn tend(self: Arc<Self>) {
        tokio::join!(
            self.beat(),
            self.reap(),
            self.shut_down(),
            self.follow_settings(),
            self.settler.run(&self)
        );
    }

    pub fn add(&self, ctx: &JobCtx) {
        self.lock().insert(*ctx.lease(), ctx.downgrade());
    }

    pub fn remove(&self, ctx: &JobCtx) {
        self.lock().remove(ctx.lease());
    }

    pub fn slots(&self, queue: &str) -> Option<&Arc<Slots>> {
        self.slots.get(queue)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Lease, Weak<Attempt>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Vec<JobCtx> {
        let mut running = self.lock();
        running.retain(|_, attempt| attempt.strong_count() > 0);
        running.values().filter_map(JobCtx::upgrade).collect()
    }

    /// Renews leases every third of their life, and looks for cancel requests twice a second and when woken.
    async fn beat(&self) {
        let third = self.options.lease / 3;
        let mut cancels = self.signals.cancels();
        let mut renewed = Instant::now();
        loop {
            tokio::select! {
                () = cancels.changed() => {}
                () = tokio::time::sleep(third.min(LOOK_FOR_CANCELS)) => {}
            }
            let running = self.running();
            if renewed.elapsed() < third {
                self.look_for_cancels(&running).await;
            } else if self.renew(&running).await {
                renewed = Instant::now();
            }
            for ctx in running.iter().filter(|ctx| ctx.lease_is_over()) {
                ctx.halt(Stop::LeaseLost);
            }
        }
    }

    async fn look_for_cancels(&self, running: &[JobCtx]) {
        let held: Vec<_> = running.iter().map(|ctx| *ctx.lease()).collect();
        match store::cancels(&self.db, &held).await {
            Ok(ids) => {
                for ctx in running.iter().filter(|ctx| ids.contains(&ctx.lease().job_id)) {
                    ctx.halt(Stop::Cancelled);
                }
            }
            Err(error) => warn!(%error, "cancel requests could not be read"),
        }
    }

    /// A lease that is not answered is finished, locked by its completion, or lost: its end in time and the fence decide.
    async fn renew(&self, running: &[JobCtx]) -> bool {
        let held: Vec<_> = running.iter().map(|ctx| *ctx.lease()).collect();
        let asked = Instant::now();
        let renewed = match store::renew(&self.db, &held, self.options.lease).await {
            Ok(renewed) => renewed,
            Err(error) => {
                warn!(%error, "leases could not be renewed");
                return false;
            }
        };
        let by_lease: HashMap<_, _> = renewed.iter().map(|one| (one.lease, one.cancel_requested)).collect();
        for ctx in running {
            let Some(cancel_requested) = by_lease.get(ctx.lease()) else {
                continue;
            };
            ctx.renewed_at(asked);
            if *cancel_requested {
                ctx.halt(Stop::Cancelled);
            }
        }
        true
    }

    async fn reap(&self) {
        let every = (self.options.lease / 4).min(REAP_AT_LEAST);
        while !self.stop.is_cancelled() {
            match store::reap(&self.db).await {
                Ok(0) => {}
                Ok(jobs) => warn!(jobs, "returned jobs whose workers vanished"),
                Err(error) => warn!(%error, "expired leases could not be looked for"),
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Gives each queue the slots that operators chose; without a choice those of this process' options.
    async fn follow_settings(&self) {
        loop {
            match store::queues_changed(&self.db).await {
                Ok(changed) => {
                    for (queue, slots) in &self.slots {
                        let chosen = changed.iter().find(|row| row.name == *queue).and_then(|row| row.slots);
                        let chosen = chosen.and_then(|slots| usize::try_from(slots).ok());
                        slots.resize(chosen.unwrap_or_else(|| self.options.slots_of(queue)));
                    }
                }
                Err(error) => warn!(%error, "the settings of the queues could not be read"),
            }
            tokio::time::sleep(LOOK_FOR_SETTINGS).await;
        }
    }

    async fn shut_down(&self) {
        self.stop.cancelled().await;
        tokio::time::sleep(self.options.grace).await;
        let running = self.running();
        if !running.is_empty() {
            info!(jobs = running.len(), "giving back unfinished jobs");
        }
        for ctx in running {
            ctx.halt(Stop::Shutdown);
        }
    }
}
