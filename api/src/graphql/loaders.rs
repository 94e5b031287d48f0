//! DataLoaders: what the rows of a list refer to is read in one statement for all of them.

mod analyses;
mod attributes;
mod audit;
mod billing;
mod counts;
mod pages;
mod reading;
mod reporting;

pub use analyses::{AnalysesOf, AnalysisUuid, SeriesId};
pub use attributes::AttributesOf;
pub use audit::{AccessesOf, AuditId};
pub use billing::{ChangesOf, CreditNoteOf, InvoiceOf, InvoiceUuid, InvoicesOf, StatementUuid};
pub use counts::{CountOf, Counted};
pub use pages::{
    AddendaOf, AssignmentsOf, EventsOf, FindingsOf, InstancesOf, JobsOf, KeyImagesOf, PriorsOf, ReportsOf, SeriesOf,
    VersionsOf,
};
pub use reading::{PriceId, PriceOf, ReadingOf, ReportUuid};
pub use reporting::{
    ContentOf, DocumentOf, FindingUuid, LockOf, MacroId, ReportId, TemplateId, UserName, VersionNumber,
};

use super::batches::Batches;
use async_graphql::dataloader::{DataLoader, Loader};
use domain::rows::{Centre, ImagingMachine, InstanceSummary, Job, Rendition, Series, Study, User, WorkerToken};
use domain::{App, Context, Error, centres, imaging_machines, jobs, studies, users, worker_tokens};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The loaders of one operation, each within what its caller may see.
pub struct Loaders {
    pub batches: Batches,
    pub users: DataLoader<Reader<UserId>>,
    pub centres: DataLoader<Reader<CentreId>>,
    pub worker_tokens: DataLoader<Reader<WorkerTokenId>>,
    pub studies: DataLoader<Reader<StudyId>>,
    pub studies_by_uuid: DataLoader<Reader<StudyUuid>>,
    pub series_by_uuid: DataLoader<Reader<SeriesUuid>>,
    pub series: DataLoader<Reader<SeriesId>>,
    pub analyses_by_uuid: DataLoader<Reader<AnalysisUuid>>,
    pub analyses_of: DataLoader<Reader<AnalysesOf>>,
    pub instances_by_uuid: DataLoader<Reader<InstanceUuid>>,
    pub jobs: DataLoader<Reader<JobId>>,
    pub reports_by_uuid: DataLoader<Reader<ReportUuid>>,
    pub prices: DataLoader<Reader<PriceId>>,
    pub imaging_machines: DataLoader<Reader<ImagingMachineId>>,
    pub renditions: DataLoader<Reader<RenditionsOf>>,
    pub attributes: DataLoader<Reader<AttributesOf>>,
    pub series_of: DataLoader<Reader<SeriesOf>>,
    pub instances_of: DataLoader<Reader<InstancesOf>>,
    pub jobs_of: DataLoader<Reader<JobsOf>>,
    pub events_of: DataLoader<Reader<EventsOf>>,
    pub priors_of: DataLoader<Reader<PriorsOf>>,
    pub reports_of: DataLoader<Reader<ReportsOf>>,
    pub assignments_of: DataLoader<Reader<AssignmentsOf>>,
    pub reading_of: DataLoader<Reader<ReadingOf>>,
    pub versions_of: DataLoader<Reader<VersionsOf>>,
    pub versions_by_number: DataLoader<Reader<VersionNumber>>,
    pub addenda_of: DataLoader<Reader<AddendaOf>>,
    pub reports_by_id: DataLoader<Reader<ReportId>>,
    pub user_names: DataLoader<Reader<UserName>>,
    pub contents: DataLoader<Reader<ContentOf>>,
    pub key_images_of: DataLoader<Reader<KeyImagesOf>>,
    pub documents: DataLoader<Reader<DocumentOf>>,
    pub locks: DataLoader<Reader<LockOf>>,
    pub findings_of: DataLoader<Reader<FindingsOf>>,
    pub findings_by_uuid: DataLoader<Reader<FindingUuid>>,
    pub templates: DataLoader<Reader<TemplateId>>,
    pub macros: DataLoader<Reader<MacroId>>,
    pub price_of: DataLoader<Reader<PriceOf>>,
    pub invoices: DataLoader<Reader<InvoiceUuid>>,
    pub statements: DataLoader<Reader<StatementUuid>>,
    pub invoice_of: DataLoader<Reader<InvoiceOf>>,
    pub credit_note_of: DataLoader<Reader<CreditNoteOf>>,
    pub invoices_of: DataLoader<Reader<InvoicesOf>>,
    pub changes_of: DataLoader<Reader<ChangesOf>>,
    pub audit_events: DataLoader<Reader<AuditId>>,
    pub accesses_of: DataLoader<Reader<AccessesOf>>,
    pub counts: DataLoader<Reader<CountOf>>,
}

/// Reads for one caller; `K` says what.
pub struct Reader<K> {
    app: App,
    ctx: Context,
    kind: std::marker::PhantomData<K>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserId(pub i64);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CentreId(pub i64);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkerTokenId(pub i64);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StudyId(pub i64);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StudyUuid(pub Uuid);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesUuid(pub Uuid);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InstanceUuid(pub Uuid);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(pub Uuid);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImagingMachineId(pub i64);
/// The renditions of a series.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RenditionsOf(pub i64);

impl Loaders {
    pub fn new(app: &App, ctx: &Context) -> Self {
        let batches = Batches::default();
        Self {
            users: loader(app, ctx, &batches),
            centres: loader(app, ctx, &batches),
            worker_tokens: loader(app, ctx, &batches),
            studies: loader(app, ctx, &batches),
            studies_by_uuid: loader(app, ctx, &batches),
            series_by_uuid: loader(app, ctx, &batches),
            series: loader(app, ctx, &batches),
            analyses_by_uuid: loader(app, ctx, &batches),
            analyses_of: loader(app, ctx, &batches),
            instances_by_uuid: loader(app, ctx, &batches),
            jobs: loader(app, ctx, &batches),
            reports_by_uuid: loader(app, ctx, &batches),
            prices: loader(app, ctx, &batches),
            imaging_machines: loader(app, ctx, &batches),
            renditions: loader(app, ctx, &batches),
            attributes: loader(app, ctx, &batches),
            series_of: loader(app, ctx, &batches),
            instances_of: loader(app, ctx, &batches),
            jobs_of: loader(app, ctx, &batches),
            events_of: loader(app, ctx, &batches),
            priors_of: loader(app, ctx, &batches),
            reports_of: loader(app, ctx, &batches),
            assignments_of: loader(app, ctx, &batches),
            reading_of: loader(app, ctx, &batches),
            versions_of: loader(app, ctx, &batches),
            versions_by_number: loader(app, ctx, &batches),
            addenda_of: loader(app, ctx, &batches),
            reports_by_id: loader(app, ctx, &batches),
            user_names: loader(app, ctx, &batches),
            contents: loader(app, ctx, &batches),
            key_images_of: loader(app, ctx, &batches),
            documents: loader(app, ctx, &batches),
            locks: loader(app, ctx, &batches),
            findings_of: loader(app, ctx, &batches),
            findings_by_uuid: loader(app, ctx, &batches),
            templates: loader(app, ctx, &batches),
            macros: loader(app, ctx, &batches),
            price_of: loader(app, ctx, &batches),
            invoices: loader(app, ctx, &batches),
            statements: loader(app, ctx, &batches),
            invoice_of: loader(app, ctx, &batches),
            credit_note_of: loader(app, ctx, &batches),
            invoices_of: loader(app, ctx, &batches),
            changes_of: loader(app, ctx, &batches),
            audit_events: loader(app, ctx, &batches),
            accesses_of: loader(app, ctx, &batches),
            counts: loader(app, ctx, &batches),
            batches,
        }
    }
}

fn loader<K: Send + Sync + Hash + Eq + Clone + 'static>(
    app: &App,
    ctx: &Context,
    batches: &Batches,
) -> DataLoader<Reader<K>>
where
    Reader<K>: Loader<K>,
{
    let reader = Reader {
        app: app.clone(),
        ctx: ctx.clone(),
        kind: std::marker::PhantomData,
    };
    let batches = batches.clone();
    DataLoader::new(reader, move |read| batches.add(read)).delay(Duration::ZERO)
}

impl Loader<UserId> for Reader<UserId> {
    type Value = User;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[UserId]) -> Result<HashMap<UserId, User>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = users::users_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (UserId(row.id), row)).collect())
    }
}

impl Loader<CentreId> for Reader<CentreId> {
    type Value = Centre;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[CentreId]) -> Result<HashMap<CentreId, Centre>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = centres::centres_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (CentreId(row.id), row)).collect())
    }
}

impl Loader<WorkerTokenId> for Reader<WorkerTokenId> {
    type Value = WorkerToken;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[WorkerTokenId]) -> Result<HashMap<WorkerTokenId, WorkerToken>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = worker_tokens::worker_tokens_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (WorkerTokenId(row.id), row)).collect())
    }
}

impl Loader<ImagingMachineId> for Reader<ImagingMachineId> {
    type Value = ImagingMachine;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ImagingMachineId]) -> Result<HashMap<ImagingMachineId, ImagingMachine>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = imaging_machines::machines_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (ImagingMachineId(row.id), row)).collect())
    }
}

impl Loader<StudyId> for Reader<StudyId> {
    type Value = Study;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[StudyId]) -> Result<HashMap<StudyId, Study>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = studies::studies_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (StudyId(row.id), row)).collect())
    }
}

impl Loader<StudyUuid> for Reader<StudyUuid> {
    type Value = Study;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[StudyUuid]) -> Result<HashMap<StudyUuid, Study>, Arc<Error>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = studies::studies_by_uuid(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (StudyUuid(row.uuid), row)).collect())
    }
}

impl Loader<SeriesUuid> for Reader<SeriesUuid> {
    type Value = Series;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[SeriesUuid]) -> Result<HashMap<SeriesUuid, Series>, Arc<Error>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = studies::series_by_uuid(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (SeriesUuid(row.uuid), row)).collect())
    }
}

impl Loader<InstanceUuid> for Reader<InstanceUuid> {
    type Value = InstanceSummary;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[InstanceUuid]) -> Result<HashMap<InstanceUuid, InstanceSummary>, Arc<Error>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = studies::instances_by_uuid(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (InstanceUuid(row.uuid), row)).collect())
    }
}

impl Loader<JobId> for Reader<JobId> {
    type Value = Job;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[JobId]) -> Result<HashMap<JobId, Job>, Arc<Error>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = jobs::jobs_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (JobId(row.id), row)).collect())
    }
}

impl Loader<RenditionsOf> for Reader<RenditionsOf> {
    type Value = Vec<Rendition>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RenditionsOf]) -> Result<HashMap<RenditionsOf, Vec<Rendition>>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let mut grouped: HashMap<RenditionsOf, Vec<Rendition>> = HashMap::new();
        for row in studies::renditions_by_series(&self.app, &ids).await? {
            grouped.entry(RenditionsOf(row.series_id)).or_default().push(row);
        }
        Ok(grouped)
    }
}
