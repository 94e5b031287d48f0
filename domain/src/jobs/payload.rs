//! What can be asked of workers: one versioned payload a kind, one file each.
//!
//! A payload is read long after it was written, perhaps by a newer Gantry: fields are only ever added, with a default; any other
//! change is a new version beside the old one.

mod analyze_study;
mod assign_study;
mod billing_statement;
mod index_series;
mod invoice_pdf;
mod render_study;
mod report_pdf;
mod roll_up_usage;
mod scrub_objects;
mod sweep_orphans;
mod transcode_study;
mod trim_history;
mod watch_worklist;

pub use analyze_study::AnalyzeStudyV1;
pub use assign_study::AssignStudyV1;
pub use billing_statement::BillingStatementV1;
pub use index_series::IndexSeriesV1;
pub use invoice_pdf::InvoicePdfV1;
pub use render_study::RenderStudyV1;
pub use report_pdf::ReportPdfV1;
pub use roll_up_usage::RollUpUsageV1;
pub use scrub_objects::ScrubObjectsV1;
pub use sweep_orphans::SweepOrphansV1;
pub use transcode_study::TranscodeStudyV1;
pub use trim_history::TrimHistoryV1;
pub use watch_worklist::WatchWorklistV1;

use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// Queues: jobs of one queue share its slots, the most urgent first.
pub mod queues {
    pub const INDEX: &str = "index";
    pub const RENDER: &str = "render";
    pub const TRANSCODE: &str = "transcode";
    pub const ANALYSIS: &str = "analysis";
    pub const DOCUMENTS: &str = "documents";
    pub const MAINTENANCE: &str = "maintenance";
    pub const ALL: [&str; 6] = [INDEX, RENDER, TRANSCODE, ANALYSIS, DOCUMENTS, MAINTENANCE];
}

/// The unique key of jobs of which the whole cluster has one.
const CLUSTER: &str = "cluster";

pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: &'static str;
    const QUEUE: &'static str;
    /// An attempt that takes longer is stopped and counts as failed.
    const TIMEOUT: Duration = Duration::from_secs(3600);
    /// A kind that recurs must never be dead: `i32::MAX`; a fault only delays it.
    const MAX_ATTEMPTS: i32 = 5;
    /// A job that recurs does not end when it succeeded: it runs again after this time, as if new.
    const EVERY: Option<Duration> = None;

    /// Unfinished jobs of one kind and key are one job.
    fn unique_key(&self) -> Option<String>;
}

/// The kinds that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    IndexSeries,
    RenderStudy,
    TranscodeStudy,
    AnalyzeStudy,
    ReportPdf,
    InvoicePdf,
    BillingStatement,
    SweepOrphans,
    ScrubObjects,
    TrimHistory,
    RollUpUsage,
    AssignStudy,
    WatchWorklist,
}

impl JobKind {
    pub const ALL: [JobKind; 13] = [
        Self::IndexSeries,
        Self::RenderStudy,
        Self::TranscodeStudy,
        Self::AnalyzeStudy,
        Self::ReportPdf,
        Self::InvoicePdf,
        Self::BillingStatement,
        Self::SweepOrphans,
        Self::ScrubObjects,
        Self::TrimHistory,
        Self::RollUpUsage,
        Self::AssignStudy,
        Self::WatchWorklist,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::IndexSeries => IndexSeriesV1::KIND,
            Self::RenderStudy => RenderStudyV1::KIND,
            Self::TranscodeStudy => TranscodeStudyV1::KIND,
            Self::AnalyzeStudy => AnalyzeStudyV1::KIND,
            Self::ReportPdf => ReportPdfV1::KIND,
            Self::InvoicePdf => InvoicePdfV1::KIND,
            Self::BillingStatement => BillingStatementV1::KIND,
            Self::SweepOrphans => SweepOrphansV1::KIND,
            Self::ScrubObjects => ScrubObjectsV1::KIND,
            Self::TrimHistory => TrimHistoryV1::KIND,
            Self::RollUpUsage => RollUpUsageV1::KIND,
            Self::AssignStudy => AssignStudyV1::KIND,
            Self::WatchWorklist => WatchWorklistV1::KIND,
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
