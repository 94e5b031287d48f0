//! `sweep_orphans`: removes objects that no row names. One job for ever, which sleeps between its runs.

use super::{CLUSTER, Job, queues};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepOrphansV1 {}

impl Job for SweepOrphansV1 {
    const KIND: &'static str = "sweep_orphans";
    const QUEUE: &'static str = queues::MAINTENANCE;
    const EVERY: Option<Duration> = Some(Duration::from_secs(600));
    const MAX_ATTEMPTS: i32 = i32::MAX;

    fn unique_key(&self) -> Option<String> {
        Some(CLUSTER.to_owned())
    }
}
