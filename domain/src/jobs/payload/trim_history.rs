//! `trim_history`: removes jobs, events and expired sessions that are older than is configured. One job for ever.

use super::{CLUSTER, Job, queues};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrimHistoryV1 {}

impl Job for TrimHistoryV1 {
    const KIND: &'static str = "trim_history";
    const QUEUE: &'static str = queues::MAINTENANCE;
    const EVERY: Option<Duration> = Some(Duration::from_secs(3600));
    const MAX_ATTEMPTS: i32 = i32::MAX;

    fn unique_key(&self) -> Option<String> {
        Some(CLUSTER.to_owned())
    }
}
