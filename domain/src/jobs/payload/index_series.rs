//! `index_series`: the DICOM JSON of a series, ready to serve.

use super::{Job, queues};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexSeriesV1 {
    pub series_id: i64,
}

impl Job for IndexSeriesV1 {
    const KIND: &'static str = "index_series";
    const QUEUE: &'static str = queues::INDEX;

    fn unique_key(&self) -> Option<String> {
        Some(self.series_id.to_string())
    }
}
