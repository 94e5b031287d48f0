//! `transcode_study`: every instance of a study in another transfer syntax; the originals stay.

use super::{Job, queues};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscodeStudyV1 {
    pub study_id: i64,
    /// Transfer syntax UID (PS3.6 annex A) to produce.
    pub transfer_syntax: String,
    /// From 1 to 100, for lossy syntaxes.
    pub quality: Option<u8>,
}

impl Job for TranscodeStudyV1 {
    const KIND: &'static str = "transcode_study";
    const QUEUE: &'static str = queues::TRANSCODE;
    const TIMEOUT: Duration = Duration::from_secs(4 * 3600);

    fn unique_key(&self) -> Option<String> {
        let quality = self.quality.map_or_else(String::new, |quality| quality.to_string());
        Some(format!("{}:{}:{quality}", self.study_id, self.transfer_syntax))
    }
}
