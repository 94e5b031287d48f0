//! Jobs: what must be done, and the one truth about how far it is.
//!
//! Invariants:
//! - A job is enqueued in the transaction of the change that needs it, and every change of its state appends its event in the
//!   transaction of that change.
//! - Whoever runs an attempt holds a lease with a fencing number; what an older holder says changes nothing.
//! - An end is final but for `job_retry`: SUCCEEDED, DEAD and CANCELLED jobs never run by themselves.
//!
//! `payload` says what the kinds of jobs are, `store` has every statement that touches table `job`, `service` is what people
//! may see and do. How a job is done is the matter of room `worker`, or of workers outside the server, whom `external` serves.

mod backoff;
mod control;
pub mod external;
mod payload;
mod service;
mod state;
pub mod store;

pub use backoff::{backoff, outage_backoff};
pub use control::{QueueStatus, queue_list, queue_update};
pub use payload::{
    AnalyzeStudyV1, AssignStudyV1, BillingStatementV1, IndexSeriesV1, InvoicePdfV1, Job, JobKind, RenderStudyV1,
    ReportPdfV1, RollUpUsageV1, ScrubObjectsV1, SweepOrphansV1, TranscodeStudyV1, TrimHistoryV1, WatchWorklistV1,
    queues,
};
pub use service::{
    job_cancel, job_count, job_counts_by_study, job_get, job_list, job_retry, jobs_by_id, jobs_by_study,
};
pub use state::JobState;
pub use store::enqueue::{NewJob, enqueue, priority};
pub use store::{JobFilter, QueueChange};
