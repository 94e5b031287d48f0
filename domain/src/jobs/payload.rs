//! What can be asked of workers: one versioned payload a kind, one file each.
//!
//! A payload is read long after it was written, perhaps by a newer Gantry: fields are only ever added, with a default; any other
//! change is a new version beside the old one.

mod index_series;
mod render_study;
mod sweep_orphans;
mod transcode_study;

pub use index_series::IndexSeriesV1;
pub use render_study::RenderStudyV1;
pub use sweep_orphans::SweepOrphansV1;
pub use transcode_study::TranscodeStudyV1;

use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// Queues: jobs of one queue share its slots, the most urgent first.
pub mod queues {
    pub const INDEX: &str = "index";
    pub const RENDER: &str = "render";
    pub const TRANSCODE: &str = "transcode";
    pub const MAINTENANCE: &str = "maintenance";
    pub const ALL: [&str; 4] = [INDEX, RENDER, TRANSCODE, MAINTENANCE];
}

pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: &'static str;
    const QUEUE: &'static str;
    /// An attempt that takes longer is stopped and counts as failed.
    const TIMEOUT: Duration = Duration::from_secs(3600);
    const MAX_ATTEMPTS: i32 = 5;

    /// Unfinished jobs of one kind and key are one job.
    fn unique_key(&self) -> Option<String>;
}

/// The kinds that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    IndexSeries,
    RenderStudy,
    TranscodeStudy,
    SweepOrphans,
}

impl JobKind {
    pub const ALL: [JobKind; 4] = [
        Self::IndexSeries,
        Self::RenderStudy,
        Self::TranscodeStudy,
        Self::SweepOrphans,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::IndexSeries => IndexSeriesV1::KIND,
            Self::RenderStudy => RenderStudyV1::KIND,
            Self::TranscodeStudy => TranscodeStudyV1::KIND,
            Self::SweepOrphans => SweepOrphansV1::KIND,
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
