//! `watch_worklist`: tells of studies that are late, and looks again for radiologists of those that wait for one. One job for ever.

use super::{CLUSTER, Job, queues};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchWorklistV1 {}

impl Job for WatchWorklistV1 {
    const KIND: &'static str = "watch_worklist";
    // Not `maintenance`, where it might wait for an hour.
    const QUEUE: &'static str = queues::INDEX;
    const EVERY: Option<Duration> = Some(Duration::from_secs(60));
    const MAX_ATTEMPTS: i32 = i32::MAX;

    fn unique_key(&self) -> Option<String> {
        Some(CLUSTER.to_owned())
    }
}
