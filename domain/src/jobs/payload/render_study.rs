//! `render_study`: thumbnail and preview of every series of a study.

use super::{Job, queues};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderStudyV1 {
    pub study_id: i64,
}

impl Job for RenderStudyV1 {
    const KIND: &'static str = "render_study";
    const QUEUE: &'static str = queues::RENDER;

    fn unique_key(&self) -> Option<String> {
        Some(self.study_id.to_string())
    }
}
