//! `roll_up_usage`: counts for each centre and day what came in. One job for ever.

use super::{CLUSTER, Job, queues};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollUpUsageV1 {}

impl Job for RollUpUsageV1 {
    const KIND: &'static str = "roll_up_usage";
    const QUEUE: &'static str = queues::MAINTENANCE;
    const EVERY: Option<Duration> = Some(Duration::from_secs(3600));
    const MAX_ATTEMPTS: i32 = i32::MAX;

    fn unique_key(&self) -> Option<String> {
        Some(CLUSTER.to_owned())
    }
}
