//! `scrub_objects`: compares stored objects with the hashes that were taken when they were written. One job for ever.

use super::{CLUSTER, Job, queues};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrubObjectsV1 {}

impl Job for ScrubObjectsV1 {
    const KIND: &'static str = "scrub_objects";
    const QUEUE: &'static str = queues::MAINTENANCE;
    const EVERY: Option<Duration> = Some(Duration::from_secs(600));
    const MAX_ATTEMPTS: i32 = i32::MAX;

    fn unique_key(&self) -> Option<String> {
        Some(CLUSTER.to_owned())
    }
}
