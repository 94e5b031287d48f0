//! What can happen to a study, its reports, its invoice, its jobs and its users.

use crate::context::Context;
use crate::policy::{Action, Reach, may};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    StudyCreated,
    StudyUpdated,
    SeriesIndexed,
    StudyAssigned,
    StudyReleased,
    StudyStatusChanged,
    StudyUrgencyChanged,
    /// Its time is over and it is not verified; once for each study.
    StudyOverdue,
    /// The server found nobody to give it to.
    AutoAssignmentWaiting,
    ReportCreated,
    ReportUpdated,
    ReportVerified,
    ReportAddendumCreated,
    ReportLocked,
    ReportUnlocked,
    ReportDocumentMade,
    CriticalFindingFlagged,
    CriticalFindingAcknowledged,
    CriticalFindingWithdrawn,
    InvoiceCreated,
    InvoiceStatusChanged,
    /// A report was verified whose study is billed by itself, and there was no price.
    BillingSkipped,
    /// The PDF of an invoice is ready.
    InvoicePrinted,
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
    pub const ALL: [EventKind; 31] = [
        Self::StudyCreated,
        Self::StudyUpdated,
        Self::SeriesIndexed,
        Self::StudyAssigned,
        Self::StudyReleased,
        Self::StudyStatusChanged,
        Self::StudyUrgencyChanged,
        Self::StudyOverdue,
        Self::AutoAssignmentWaiting,
        Self::ReportCreated,
        Self::ReportUpdated,
        Self::ReportVerified,
        Self::ReportAddendumCreated,
        Self::ReportLocked,
        Self::ReportUnlocked,
        Self::ReportDocumentMade,
        Self::CriticalFindingFlagged,
        Self::CriticalFindingAcknowledged,
        Self::CriticalFindingWithdrawn,
        Self::InvoiceCreated,
        Self::InvoiceStatusChanged,
        Self::BillingSkipped,
        Self::InvoicePrinted,
        Self::JobQueued,
        Self::JobStarted,
        Self::JobProgressed,
        Self::JobRetrying,
        Self::JobSucceeded,
        Self::JobDead,
        Self::JobCancelled,
        Self::UserRevoked,
    ];

    /// Those of which only who may see invoices hears.
    const BILLING: [EventKind; 4] = [
        Self::InvoiceCreated,
        Self::InvoiceStatusChanged,
        Self::BillingSkipped,
        Self::InvoicePrinted,
    ];

    /// What the caller does not hear of, although it is about a study that the caller may read.
    pub(crate) fn hidden_from(ctx: &Context) -> &'static [EventKind] {
        match may(ctx, Action::InvoiceRead) {
            Some(Reach::All | Reach::Centre(_)) => &[],
            Some(Reach::Own(_)) | None => &Self::BILLING,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::StudyCreated => "STUDY_CREATED",
            Self::StudyUpdated => "STUDY_UPDATED",
            Self::SeriesIndexed => "SERIES_INDEXED",
            Self::StudyAssigned => "STUDY_ASSIGNED",
            Self::StudyReleased => "STUDY_RELEASED",
            Self::StudyStatusChanged => "STUDY_STATUS_CHANGED",
            Self::StudyUrgencyChanged => "STUDY_URGENCY_CHANGED",
            Self::StudyOverdue => "STUDY_OVERDUE",
            Self::AutoAssignmentWaiting => "AUTO_ASSIGNMENT_WAITING",
            Self::ReportCreated => "REPORT_CREATED",
            Self::ReportUpdated => "REPORT_UPDATED",
            Self::ReportVerified => "REPORT_VERIFIED",
            Self::ReportAddendumCreated => "REPORT_ADDENDUM_CREATED",
            Self::ReportLocked => "REPORT_LOCKED",
            Self::ReportUnlocked => "REPORT_UNLOCKED",
            Self::ReportDocumentMade => "REPORT_DOCUMENT_MADE",
            Self::CriticalFindingFlagged => "CRITICAL_FINDING_FLAGGED",
            Self::CriticalFindingAcknowledged => "CRITICAL_FINDING_ACKNOWLEDGED",
            Self::CriticalFindingWithdrawn => "CRITICAL_FINDING_WITHDRAWN",
            Self::InvoiceCreated => "INVOICE_CREATED",
            Self::InvoiceStatusChanged => "INVOICE_STATUS_CHANGED",
            Self::BillingSkipped => "BILLING_SKIPPED",
            Self::InvoicePrinted => "INVOICE_PRINTED",
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
