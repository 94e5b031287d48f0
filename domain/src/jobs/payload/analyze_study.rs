//! `analyze_study`: what software finds in the images of a study, as a preliminary report, pictures and DICOM objects.

use super::{Job, queues};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalyzeStudyV1 {
    pub study_id: i64,
}

impl Job for AnalyzeStudyV1 {
    const KIND: &'static str = "analyze_study";
    const QUEUE: &'static str = queues::ANALYSIS;
    const TIMEOUT: Duration = Duration::from_secs(2 * 3600);
    const MAX_ATTEMPTS: i32 = 3;

    fn unique_key(&self) -> Option<String> {
        Some(self.study_id.to_string())
    }
}
