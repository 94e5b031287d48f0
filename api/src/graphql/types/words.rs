//! The enums of the schema: the services' words in upper case.

use async_graphql::Enum;

/// What a user is in the PACS.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::context::Role")]
pub enum Role {
    /// Everything, everywhere.
    Admin,
    /// Reads all studies, reports and verifies.
    Radiologist,
    /// Uploads for its centre and sees its studies.
    Technician,
    /// Manages its centre's users and sees its studies.
    DiagnosticCentre,
}

/// Kind of imaging of a study.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::studies::Modality")]
pub enum Modality {
    /// Computed tomography.
    Ct,
    /// Radiography, angiography and fluoroscopy.
    Xray,
    /// Magnetic resonance.
    Mri,
    /// Ultrasound.
    Ultrasound,
    /// Positron emission tomography.
    Pet,
    /// Mammography.
    Mammography,
    /// Anything else. Only ever answered.
    Other,
}

/// Where a study is on its way from upload to verified report.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::studies::StudyStatus")]
pub enum StudyStatus {
    /// Waits for assignment.
    Uploaded,
    /// Assigned to a radiologist.
    Assigned,
    /// A radiologist is reviewing it.
    InReview,
    /// A report waits for verification.
    ReportGenerated,
    /// Its report is verified.
    Verified,
}

/// How soon a study is to be reported.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::studies::Urgency")]
pub enum Urgency {
    /// At once: within half an hour, where the centre has not said otherwise.
    Emergency,
    /// Within an hour.
    Urgent,
    /// Within four hours.
    Priority,
    /// Within a day.
    Routine,
}

/// How a study got its radiologist.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::studies::AssignmentMethod")]
pub enum AssignmentMethod {
    /// Somebody else gave it.
    Manual,
    /// The radiologist took it.
    Claim,
    /// The server gave it.
    Automatic,
}

/// Why a radiologist did not come into question for a study.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::studies::LeftOut")]
pub enum LeftOut {
    /// Does not read the modality.
    Modality,
    /// The account is not active.
    Inactive,
    /// Does not work at that time.
    Unavailable,
    /// Has as many open studies as allowed.
    Full,
    /// Gave the study back.
    Released,
}

/// What becomes of a study in a list.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::events::Movement")]
pub enum WorklistChange {
    /// The filter finds it now and did not before.
    Entered,
    /// It is in the list, and something happened to it.
    Changed,
    /// The filter finds it no longer.
    Left,
}

/// A day of the week.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "chrono::Weekday")]
pub enum Weekday {
    /// Monday.
    #[graphql(name = "MONDAY")]
    Mon,
    /// Tuesday.
    #[graphql(name = "TUESDAY")]
    Tue,
    /// Wednesday.
    #[graphql(name = "WEDNESDAY")]
    Wed,
    /// Thursday.
    #[graphql(name = "THURSDAY")]
    Thu,
    /// Friday.
    #[graphql(name = "FRIDAY")]
    Fri,
    /// Saturday.
    #[graphql(name = "SATURDAY")]
    Sat,
    /// Sunday.
    #[graphql(name = "SUNDAY")]
    Sun,
}

/// What a job does.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::jobs::JobKind")]
pub enum JobKind {
    /// Collects the DICOM metadata of a series.
    IndexSeries,
    /// Draws thumbnails and previews of a study.
    RenderStudy,
    /// Copies a study's instances into another transfer syntax.
    TranscodeStudy,
    /// Looks for findings in a study.
    AnalyzeStudy,
    /// Sets a verified report as PDF.
    ReportPdf,
    /// Prints an invoice and its credit note.
    InvoicePdf,
    /// Makes the statement of a centre and month.
    BillingStatement,
    /// Removes objects that belong to nothing.
    SweepOrphans,
    /// Compares stored objects with their hashes.
    ScrubObjects,
    /// Removes jobs, events and sessions that are past their time.
    TrimHistory,
    /// Counts what came in for each centre and day.
    RollUpUsage,
    /// Finds a radiologist for a study, or for those that wait for one.
    AssignStudy,
    /// Tells of studies that are late, and looks again for radiologists.
    WatchWorklist,
}

/// Where a job is.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::jobs::JobState")]
pub enum JobState {
    /// Waits for a worker, or for its next attempt.
    Pending,
    /// A worker has it.
    Running,
    /// Done.
    Succeeded,
    /// Failed for good; see its error. It can be retried.
    Dead,
    /// Cancelled by a person. It can be retried.
    Cancelled,
}

/// What happened.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Nothing happened: this is the state at the beginning of the subscription.
    Snapshot,
    /// The study was made.
    StudyCreated,
    /// Files or attributes of the study changed.
    StudyUpdated,
    /// The metadata of a series is ready.
    SeriesIndexed,
    /// The study was given to a radiologist, or claimed by one.
    StudyAssigned,
    /// The study waits for a radiologist again.
    StudyReleased,
    /// The study came to another status.
    StudyStatusChanged,
    /// The study became more or less urgent, and is due at another time.
    StudyUrgencyChanged,
    /// The time in which the study was to be reported is over.
    StudyOverdue,
    /// The server found no radiologist to give the study to, and looks again.
    AutoAssignmentWaiting,
    /// A report of the study was written.
    ReportCreated,
    /// A report of the study was changed.
    ReportUpdated,
    /// A report of the study was verified.
    ReportVerified,
    /// Something was added to a verified report of the study.
    ReportAddendumCreated,
    /// Somebody began to edit a report of the study.
    ReportLocked,
    /// A report of the study may be edited by others again.
    ReportUnlocked,
    /// The PDF of a verified report of the study is ready.
    ReportDocumentMade,
    /// The centre is told of a critical finding.
    CriticalFindingFlagged,
    /// The centre heard of a critical finding.
    CriticalFindingAcknowledged,
    /// A critical finding was taken back.
    CriticalFindingWithdrawn,
    /// The study was billed. Only for those who may see invoices.
    InvoiceCreated,
    /// The invoice of the study was paid or cancelled. Only for those who may see invoices.
    InvoiceStatusChanged,
    /// A report was verified, and the study could not be billed by itself, because its centre has no price for the modality. Only for those who may see invoices.
    BillingSkipped,
    /// The PDF of the study's invoice is ready. Only for those who may see invoices.
    InvoicePrinted,
    /// A job waits.
    JobQueued,
    /// An attempt began.
    JobStarted,
    /// The job got further.
    JobProgressed,
    /// An attempt failed; another follows.
    JobRetrying,
    /// The job is done.
    JobSucceeded,
    /// The job failed for good.
    JobDead,
    /// The job was cancelled.
    JobCancelled,
}

impl EventKind {
    /// None for what no study or job subscriber hears.
    pub fn of(kind: Option<domain::events::EventKind>) -> Option<Self> {
        use domain::events::EventKind as E;
        Some(match kind {
            None => Self::Snapshot,
            Some(E::StudyCreated) => Self::StudyCreated,
            Some(E::StudyUpdated) => Self::StudyUpdated,
            Some(E::SeriesIndexed) => Self::SeriesIndexed,
            Some(E::StudyAssigned) => Self::StudyAssigned,
            Some(E::StudyReleased) => Self::StudyReleased,
            Some(E::StudyStatusChanged) => Self::StudyStatusChanged,
            Some(E::StudyUrgencyChanged) => Self::StudyUrgencyChanged,
            Some(E::StudyOverdue) => Self::StudyOverdue,
            Some(E::AutoAssignmentWaiting) => Self::AutoAssignmentWaiting,
            Some(E::ReportCreated) => Self::ReportCreated,
            Some(E::ReportUpdated) => Self::ReportUpdated,
            Some(E::ReportVerified) => Self::ReportVerified,
            Some(E::ReportAddendumCreated) => Self::ReportAddendumCreated,
            Some(E::ReportLocked) => Self::ReportLocked,
            Some(E::ReportUnlocked) => Self::ReportUnlocked,
            Some(E::ReportDocumentMade) => Self::ReportDocumentMade,
            Some(E::CriticalFindingFlagged) => Self::CriticalFindingFlagged,
            Some(E::CriticalFindingAcknowledged) => Self::CriticalFindingAcknowledged,
            Some(E::CriticalFindingWithdrawn) => Self::CriticalFindingWithdrawn,
            Some(E::InvoiceCreated) => Self::InvoiceCreated,
            Some(E::InvoiceStatusChanged) => Self::InvoiceStatusChanged,
            Some(E::BillingSkipped) => Self::BillingSkipped,
            Some(E::InvoicePrinted) => Self::InvoicePrinted,
            Some(E::JobQueued) => Self::JobQueued,
            Some(E::JobStarted) => Self::JobStarted,
            Some(E::JobProgressed) => Self::JobProgressed,
            Some(E::JobRetrying) => Self::JobRetrying,
            Some(E::JobSucceeded) => Self::JobSucceeded,
            Some(E::JobDead) => Self::JobDead,
            Some(E::JobCancelled) => Self::JobCancelled,
            Some(E::UserRevoked) => return None,
        })
    }
}

/// What became of a run of text.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::reports::ChangeKind")]
pub enum ChangeKind {
    /// It stayed.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// How soon somebody must be told of a critical finding: the categories of the ACR Actionable Reporting Work Group.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::critical_findings::Severity")]
pub enum CriticalSeverity {
    /// Within minutes (category 1).
    Critical,
    /// Within hours (category 2).
    Urgent,
    /// Within days (category 3).
    Significant,
}

/// A currency (ISO 4217).
#[derive(Enum, Copy, Clone, Debug, Default, PartialEq, Eq)]
#[graphql(remote = "domain::money::Currency")]
pub enum Currency {
    /// United States dollar.
    #[default]
    Usd,
    /// Indian rupee.
    Inr,
    /// Dirham of the United Arab Emirates.
    Aed,
}

/// What became of an invoice.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::billing::InvoiceStatus")]
pub enum InvoiceStatus {
    /// It waits to be paid.
    Pending,
    /// It was paid.
    Paid,
    /// It is not to be paid, or was paid back; for good.
    Cancelled,
}

/// Transfer syntaxes that studies can be copied into (PS3.5 annex A).
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "imaging::transcode::TargetSyntax")]
pub enum TransferSyntax {
    /// Explicit VR Little Endian, 1.2.840.10008.1.2.1.
    ExplicitVrLittleEndian,
    /// Deflated Explicit VR Little Endian, 1.2.840.10008.1.2.1.99.
    #[graphql(name = "DEFLATED")]
    DeflatedExplicitVrLittleEndian,
    /// JPEG baseline, lossy, 1.2.840.10008.1.2.4.50.
    JpegBaseline,
    /// JPEG lossless, first-order prediction, 1.2.840.10008.1.2.4.70.
    #[graphql(name = "JPEG_LOSSLESS")]
    JpegLosslessSv1,
    /// JPEG-LS lossless, 1.2.840.10008.1.2.4.80.
    JpegLsLossless,
    /// JPEG 2000 lossless only, 1.2.840.10008.1.2.4.90.
    #[graphql(name = "JPEG2000_LOSSLESS")]
    Jpeg2000Lossless,
    /// High-Throughput JPEG 2000 lossless only, 1.2.840.10008.1.2.4.201.
    #[graphql(name = "HTJ2K_LOSSLESS")]
    Htj2kLossless,
    /// RLE lossless, 1.2.840.10008.1.2.5.
    RleLossless,
}

/// Which picture of a series.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::studies::RenditionKind")]
pub enum RenditionKind {
    /// At most 256 pixels a side.
    Thumbnail,
    /// At most 1024 pixels a side.
    Preview,
}

/// How a picture is encoded.
#[derive(Enum, Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum ImageFormat {
    /// Smaller, lossy.
    #[default]
    Jpeg,
    /// Lossless.
    Png,
}

impl ImageFormat {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }
}

/// What was done, as the audit trail has it.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::audit::AuditKind")]
pub enum AuditKind {
    /// Somebody signed in.
    Login,
    /// A sign-in was refused.
    LoginRefused,
    /// Somebody signed out.
    Logout,
    /// Somebody asked for what they may not have.
    PermissionRefused,
    /// Studies were on a list.
    StudyListed,
    /// A study was read.
    StudyRead,
    /// A study was uploaded.
    StudyCreated,
    /// Files were added to a study.
    StudyUpdated,
    /// A study got a radiologist.
    StudyAssigned,
    /// A radiologist gave a study back.
    StudyReleased,
    /// A radiologist began to read a study.
    StudyReviewed,
    /// Workers were asked to work on a study.
    StudyProcessed,
    /// A picture was fetched.
    PictureRead,
    /// A file was fetched.
    FileRead,
    /// A report was read.
    ReportRead,
    /// A report was written.
    ReportCreated,
    /// A report was changed.
    ReportUpdated,
    /// A report was verified.
    ReportVerified,
    /// An invoice was read.
    InvoiceRead,
    /// A study was billed.
    InvoiceCreated,
    /// An invoice was paid or cancelled.
    InvoiceUpdated,
    /// A user was made.
    UserCreated,
    /// A user was changed or deactivated.
    UserUpdated,
    /// A user was deleted.
    UserDeleted,
    /// A token of a worker was made.
    WorkerTokenCreated,
    /// A token of a worker was revoked.
    WorkerTokenRevoked,
    /// The audit trail was read.
    AuditRead,
    /// The audit trail was exported.
    AuditExported,
}

/// Whether what was asked for was granted.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::audit::AuditOutcome")]
pub enum AuditOutcome {
    /// It was granted.
    Success,
    /// It was refused, and nothing was given out or changed.
    MinorFailure,
}

/// The door by which somebody came.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::audit::Face")]
pub enum AuditFace {
    /// This API.
    Graphql,
    /// The REST API.
    Rest,
    /// Pictures and files.
    Media,
    /// Workers outside the server.
    Workers,
    /// The command line of the server.
    Cli,
    /// The server itself.
    Server,
}
