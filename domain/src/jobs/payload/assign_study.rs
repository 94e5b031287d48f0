//! `assign_study`: finds a radiologist for a study, or for all that wait for one.

use super::{Job, queues};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignStudyV1 {
    /// None: all studies for which nobody was found.
    pub study_id: Option<i64>,
}

impl AssignStudyV1 {
    pub fn one(study_id: i64) -> Self {
        Self {
            study_id: Some(study_id),
        }
    }

    pub fn waiting() -> Self {
        Self { study_id: None }
    }
}

impl Job for AssignStudyV1 {
    const KIND: &'static str = "assign_study";
    const QUEUE: &'static str = queues::INDEX;

    fn unique_key(&self) -> Option<String> {
        Some(self.study_id.map_or_else(|| "waiting".to_owned(), |id| id.to_string()))
    }
}
