//! The objects of the schema, one file each.

mod analysis;
mod assignment;
mod attribute;
mod audit;
mod centre;
mod critical_finding;
mod event;
mod frame;
mod imaging_machine;
mod instance;
mod invoice;
mod job;
mod price;
mod queue;
mod reading;
mod report;
mod report_addendum;
mod report_key_image;
mod report_lock;
mod report_template;
mod report_version;
mod scalars;
mod series;
mod session;
mod signature;
mod statement;
mod study;
mod usage;
mod user;
mod words;
mod worker_token;
mod worklist;
mod worklist_update;

use super::errors::told;
use super::loaders::Loaders;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, ID, Interface};
use domain::{App, Error};
use std::hash::Hash;
use std::sync::Arc;

pub use analysis::Analysis;
pub use assignment::Assignment;
pub use audit::AuditEvent;
pub use centre::Centre;
pub use critical_finding::CriticalFinding;
pub use event::{JobEvent, StudyEvent};
pub use frame::Frame;
pub use imaging_machine::ImagingMachine;
pub use instance::Instance;
pub use invoice::{Invoice, InvoiceChange};
pub use job::Job;
pub use price::Price;
pub use queue::Queue;
pub use reading::RadiologistReading;
pub use report::Report;
pub use report_addendum::ReportAddendum;
pub use report_key_image::ReportKeyImage;
pub use report_lock::ReportLock;
pub use report_template::{ExpandedText, ReportMacro, ReportTemplate, TextWarning};
pub use report_version::ReportVersion;
pub use scalars::{Cursor, Date, Decimal, DicomUid};
pub use series::Series;
pub use session::Session;
pub use signature::ReportSignature;
pub use statement::Statement;
pub use study::Study;
pub use usage::UsageDay;
pub use user::User;
pub use words::{
    AssignmentMethod, AuditFace, AuditKind, AuditOutcome, ChangeKind, CriticalSeverity, Currency, EventKind,
    ImageFormat, InvoiceStatus, JobKind, JobState, LeftOut, Modality, RenditionKind, Role, StudyStatus, TransferSyntax,
    Urgency, Weekday, WorklistChange,
};
pub use worker_token::WorkerToken;
pub use worklist::{Counts, StudyFilter, StudyOrder};
pub use worklist_update::WorklistUpdate;

/// Anything that can be fetched again by its id.
#[derive(Interface)]
#[allow(clippy::large_enum_variant)] // one lives for a moment only
#[graphql(field(name = "id", ty = "ID", desc = "Opaque, unique among all objects."))]
pub enum Node {
    User(User),
    Centre(Centre),
    Study(Study),
    Series(Series),
    Instance(Instance),
    Job(Job),
    Report(Report),
    ReportTemplate(ReportTemplate),
    ReportMacro(ReportMacro),
    CriticalFinding(CriticalFinding),
    Analysis(Analysis),
    Price(Price),
    Invoice(Invoice),
    Statement(Statement),
    WorkerToken(WorkerToken),
    ImagingMachine(ImagingMachine),
    AuditEvent(AuditEvent),
}

pub fn app<'a>(ctx: &Context<'a>) -> domain::Result<&'a App> {
    ctx.data().map_err(missing)
}

pub fn acting<'a>(ctx: &Context<'a>) -> domain::Result<&'a domain::Context> {
    ctx.data().map_err(missing)
}

pub fn loaders<'a>(ctx: &Context<'a>) -> domain::Result<&'a Loaders> {
    ctx.data().map_err(missing)
}

/// The gate gives every operation its data; without it the server was put together wrongly.
fn missing(error: async_graphql::Error) -> Error {
    Error::internal(std::io::Error::other(error.message))
}

/// One row by a loader.
pub async fn load<K, L>(loader: &DataLoader<L>, key: K) -> async_graphql::Result<Option<L::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    L: Loader<K, Error = Arc<Error>>,
{
    // Rows that are read together fail together, and each for the same reason.
    loader.load_one(key).await.map_err(|error| told(&error))
}
