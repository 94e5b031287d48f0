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
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
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
        let hub = self.hub(stop.clone());
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
        let hub = self.hub(stop);
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

    fn hub(&self, stop: CancellationToken) -> Arc<Hub> {
        let queues = self.queues().into_keys();
        Hub::new(
            self.db.clone(),
            self.signals.clone(),
            self.options.clone(),
            queues,
            stop,
        )
    }

    /// Those that this process works on, each with the kinds that it can do.
    fn queues(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut queues = self.registry.queues();
        queues.retain(|queue, _| self.options.works_on(queue));
        queues
    }

    fn pumps(&self, hub: &Arc<Hub>) -> Vec<Pump> {
        let pump = |(queue, kinds)| {
            Some(Pump {
                hub: hub.clone(),
                registry: self.registry.clone(),
                queue,
                kinds,
                slots: hub.slots(queue)?.clone(),
                stop: hub.stop.clone(),
            })
        };
        self.queues().into_iter().filter_map(pump).collect()
    }
}

async fn drain(pump: &Pump) -> domain::Result<usize> {
    let mut attempts = 0;
    loop {
        let leased = Instant::now();
        let Some(job) = pump.fetch(1).await?.pop() else {
            return Ok(attempts);
        };
        let slot = pump.slots.take().await;
        let Some(handler) = pump.registry.get(&job.kind) else {
            continue;
        };
        let ctx = JobCtx::new(pump.hub.clone(), job, slot, leased);
        pump.hub.add(&ctx);
        attempt(ctx.clone(), handler.timeout, handler.run(ctx)).await;
        attempts += 1;
    }
}
