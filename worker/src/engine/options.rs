//! How a worker process behaves.

use domain::Config;
use domain::jobs::queues;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Options {
    /// Name of this process in the rows of its jobs; unique among the living.
    pub worker: String,
    /// Jobs that run at the same time, per queue; a queue that is not named has one slot.
    pub slots: BTreeMap<String, usize>,
    /// The queues that this process works on; empty: all that it can.
    pub queues: Vec<String>,
    /// A job whose worker is silent for so long is given to another.
    pub lease: Duration,
    /// Queues are looked at so often though nothing woke them.
    pub poll: Duration,
    /// After a stop running jobs may go on for so long before they are asked to give up.
    pub grace: Duration,
    /// A job that is asked to give up may take so long before it is left alone.
    pub wind_down: Duration,
    /// Most jobs that are taken at once.
    pub batch: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            worker: format!("{}-{:08x}", std::process::id(), uuid::Uuid::new_v4().as_fields().0),
            slots: BTreeMap::new(),
            queues: Vec::new(),
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(1),
            grace: Duration::from_millis(500),
            wind_down: Duration::from_millis(500),
            batch: 32,
        }
    }
}

impl Options {
    pub fn from_config(config: &Config) -> Self {
        let all = config.worker_slots.max(1);
        let slots = [
            (queues::INDEX, all),
            (queues::RENDER, all),
            (queues::TRANSCODE, all.div_ceil(2)),
            (queues::ANALYSIS, 1),
            (queues::DOCUMENTS, 1),
            (queues::MAINTENANCE, 1),
        ];
        Self {
            slots: slots.map(|(queue, slots)| (queue.to_owned(), slots)).into(),
            queues: config.worker_queues().map(str::to_owned).collect(),
            lease: Duration::from_secs_f64(config.lease_seconds.max(1.0)),
            ..Self::default()
        }
    }

    pub fn works_on(&self, queue: &str) -> bool {
        self.queues.is_empty() || self.queues.iter().any(|name| name == queue)
    }

    pub fn slots_of(&self, queue: &str) -> usize {
        self.slots.get(queue).copied().unwrap_or(1).max(1)
    }
}
