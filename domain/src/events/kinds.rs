//! What can happen to a study, its reports, its jobs and its users.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    StudyCreated,
    StudyUpdated,
    SeriesIndexed,
    StudyAssigned,
    StudyReleased,
    StudyStatusChanged,
    ReportCreated,
    ReportUpdated,
    ReportVerified,
    InvoiceCreated,
    InvoiceStatusChanged,
    /// A report was verified whose study is billed by itself, and there was no price.
    BillingSkipped,
    JobQueued,
    JobStarted,
    JobProgressed,
    JobRetrying,
    JobSucceeded,
    JobDead,
    JobCancelled,
    /// Sessions and sockets of the user end at once.
    UserRevoked,
}

impl EventKind {
    pub const ALL: [EventKind; 20] = [
        Self::StudyCreated,
        Self::StudyUpdated,
        Self::SeriesIndexed,
        Self::StudyAssigned,
        Self::StudyReleased,
        Self::StudyStatusChanged,
        Self::ReportCreated,
        Self::ReportUpdated,
        Self::ReportVerified,
        Self::InvoiceCreated,
        Self::InvoiceStatusChanged,
        Self::BillingSkipped,
        Self::JobQueued,
        Self::JobStarted,
        Self::JobProgressed,
        Self::JobRetrying,
        Self::JobSucceeded,
        Self::JobDead,
        Self::JobCancelled,
        Self::UserRevoked,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::StudyCreated => "STUDY_CREATED",
            Self::StudyUpdated => "STUDY_UPDATED",
            Self::SeriesIndexed => "SERIES_INDEXED",
            Self::StudyAssigned => "STUDY_ASSIGNED",
            Self::StudyReleased => "STUDY_RELEASED",
            Self::StudyStatusChanged => "STUDY_STATUS_CHANGED",
            Self::ReportCreated => "REPORT_CREATED",
            Self::ReportUpdated => "REPORT_UPDATED",
            Self::ReportVerified => "REPORT_VERIFIED",
            Self::InvoiceCreated => "INVOICE_CREATED",
            Self::InvoiceStatusChanged => "INVOICE_STATUS_CHANGED",
            Self::BillingSkipped => "BILLING_SKIPPED",
            Self::JobQueued => "JOB_QUEUED",
            Self::JobStarted => "JOB_STARTED",
            Self::JobProgressed => "JOB_PROGRESSED",
            Self::JobRetrying => "JOB_RETRYING",
            Self::JobSucceeded => "JOB_SUCCEEDED",
            Self::JobDead => "JOB_DEAD",
            Self::JobCancelled => "JOB_CANCELLED",
            Self::UserRevoked => "USER_REVOKED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
