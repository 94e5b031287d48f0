//! The engine as a whole: apalis' monitor over one worker a queue, or a plain loop that drains what is due.

use super::backend::{JobBackend, Work};
use super::context::JobCtx;
use super::hub::Hub;
use super::lease::attempt;
use super::options::Options;
use super::pump::Pump;
use super::registry::Registry;
use apalis::prelude::{Monitor, WorkerBuilder};
use domain::Error;
use domain::db::Db;
use domain::signals::Signals;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub struct Engine {
    db: Db,
    signals: Arc<Signals>,
    registry: Registry,
    options: Options,
}

impl Engine {
    pub fn new(db: Db, signals: Arc<Signals>, registry: Registry, options: Options) -> Self {
        Self {
            db,
            signals,
            registry,
            options,
        }
    }

    /// Works until `stop`; then returns when all attempts have ended or were given back.
    pub async fn run(self, stop: CancellationToken) -> domain::Result<()> {
        let hub = Hub::new(
            self.db.clone(),
            self.signals.clone(),
            self.options.clone(),
            stop.clone(),
        );
        let mut monitor = Monitor::new();
        for pump in self.pumps(&hub) {
            monitor = monitor.register(move |restarts| {
                let name = format!("{}-{}-{restarts}", pump.queue, pump.hub.options.worker);
                WorkerBuilder::new(name)
                    .backend(JobBackend::new(pump.clone()))
                    .build(async |work: Work| work.handler.run(work.ctx).await)
            });
        }
        let stopped = async move {
            stop.cancelled().await;
            Ok(())
        };
        tokio::select! {
            ended = monitor.run_with_signal(stopped) => ended.map_err(Error::internal),
            () = hub.tend() => Ok(()),
        }
    }

    /// Runs what is due, one attempt after the other, until nothing is; answers how many attempts there were.
    pub async fn run_pending(&self) -> domain::Result<usize> {
        let stop = CancellationToken::new();
        let hub = Hub::new(self.db.clone(), self.signals.clone(), self.options.clone(), stop);
        let drain = async {
            let (mut attempts, mut before) = (0, None);
            while before != Some(attempts) {
                before = Some(attempts);
                for pump in self.pumps(&hub) {
                    attempts += drain(&pump).await?;
                }
            }
            Ok(attempts)
        };
        tokio::select! {
            attempts = drain => attempts,
            () = hub.clone().tend() => Ok(0),
        }
    }

    fn pumps(&self, hub: &Arc<Hub>) -> Vec<Pump> {
        let pump = |(queue, kinds)| Pump {
            hub: hub.clone(),
            registry: self.registry.clone(),
            queue,
            kinds,
            slots: Arc::new(Semaphore::new(self.options.slots_of(queue))),
            stop: hub.stop.clone(),
        };
        self.registry.queues().into_iter().map(pump).collect()
    }
}

async fn drain(pump: &Pump) -> domain::Result<usize> {
    let mut attempts = 0;
    while let Some(job) = pump.fetch(1).await?.pop() {
        let slot = pump.slots.clone().acquire_owned().await.map_err(Error::internal)?;
        let Some(handler) = pump.registry.get(&job.kind) else {
            continue;
        };
        let ctx = JobCtx::new(pump.hub.clone(), job, slot);
        pump.hub.add(&ctx);
        attempt(ctx.clone(), handler.timeout, handler.run(ctx)).await;
        attempts += 1;
    }
    Ok(attempts)
}
