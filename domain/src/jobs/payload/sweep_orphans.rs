//! `sweep_orphans`: removes objects that no row names. One job for ever, which sleeps between its runs.

use super::{Job, queues};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepOrphansV1 {}

impl Job for SweepOrphansV1 {
    const KIND: &'static str = "sweep_orphans";
    const QUEUE: &'static str = queues::MAINTENANCE;
    /// It must never be dead: a fault delays it.
    const MAX_ATTEMPTS: i32 = i32::MAX;

    fn unique_key(&self) -> Option<String> {
        Some("cluster".to_owned())
    }
}
