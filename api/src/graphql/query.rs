//! Queries.

mod audit;
mod billing;
mod imaging_machines;
mod reading;
mod writing;

use super::connection::{self, Of, Total};
use super::errors::{found, top_level};
use super::ids::{self, GlobalId};
use super::loaders::{
    AnalysisUuid, AuditId, CentreId, FindingUuid, ImagingMachineId, InstanceUuid, InvoiceUuid, JobId, MacroId, PriceId,
    ReportUuid, SeriesUuid, StatementUuid, StudyUuid, TemplateId, UserId, WorkerTokenId,
};
use super::types::{
    Analysis, AuditEvent, Centre, Counts, CriticalFinding, Date, ImagingMachine, Instance, Invoice, Job, JobKind,
    JobState, Node, Price, Queue, Report, ReportMacro, ReportTemplate, Role, Series, Statement, Study, StudyFilter,
    StudyOrder, UsageDay, User, WorkerToken, acting, app, load, loaders,
};
use async_graphql::{Context, ID, InputObject, MergedObject, Object, Result};
use domain::jobs::JobFilter as Filter;
use domain::studies::StudyKey;
use domain::{centres, jobs, studies, usage, users, worker_tokens};
use futures::future::try_join_all;
use uuid::Uuid;

/// What can be asked.
#[derive(Default, MergedObject)]
pub struct Query(
    GeneralQuery,
    reading::ReadingQuery,
    writing::WritingQuery,
    billing::BillingQuery,
    imaging_machines::ImagingMachineQuery,
    audit::AuditQuery,
);

#[derive(Default)]
pub struct GeneralQuery;

/// Which jobs; what is left out matches everything.
#[derive(Default, InputObject)]
pub struct JobFilter {
    /// Id of the study, or its 8-character id.
    study: Option<ID>,
    /// What they do.
    kind: Option<JobKind>,
    /// Where they are.
    state: Option<JobState>,
}

#[Object]
impl GeneralQuery {
    /// Who is signed in; null for nobody.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match users::user_self(app(ctx)?, acting(ctx)?).await {
            Err(domain::Error::Unauthenticated) => Ok(None),
            user => Ok(found(user)?.map(User)),
        }
    }

    /// Any object by its id; null when there is none that the caller may see.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Its opaque id.")] id: ID) -> Result<Option<Node>> {
        node(ctx, &id).await
    }

    /// Objects by their ids, in the same order, null where there is none.
    #[graphql(complexity = "ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their opaque ids, at most 100.", validator(max_items = 100))] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        try_join_all(ids.iter().map(|id| node(ctx, id))).await
    }

    /// A user.
    async fn user(&self, ctx: &Context<'_>, #[graphql(desc = "Its opaque id.")] id: ID) -> Result<Option<User>> {
        let user = async { users::user_get(app(ctx)?, acting(ctx)?, ids::user(&id)?).await };
        Ok(found(user.await)?.map(User))
    }

    /// Users, in the order in which they were made.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this role.")] role: Option<Role>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, User>> {
        let request = connection::request(first, after, last, before)?;
        let role = role.map(Into::into);
        let page = users::user_list(app(ctx)?, acting(ctx)?, role, request).await.map_err(top_level)?;
        Ok(connection::connection(page, Total::Users(role), |row| row.id, User))
    }

    /// A centre.
    async fn centre(&self, ctx: &Context<'_>, #[graphql(desc = "Its opaque id.")] id: ID) -> Result<Option<Centre>> {
        let centre = async { centres::centre_get(app(ctx)?, acting(ctx)?, ids::centre(&id)?).await };
        Ok(found(centre.await)?.map(Centre))
    }

    /// Centres, in the order in which they were made.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn centres(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only active or only inactive ones.")] is_active: Option<bool>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, Centre>> {
        let request = connection::request(first, after, last, before)?;
        let page = centres::centre_list(app(ctx)?, acting(ctx)?, is_active, request).await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Total::Centres(is_active),
            |row| row.id,
            Centre,
        ))
    }

    /// A study.
    async fn study(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Any of its ids: the opaque id, its uuid, number or 8-character id, or its Study Instance UID."
        )]
        id: ID,
    ) -> Result<Option<Study>> {
        let study = async { studies::study_find(app(ctx)?, acting(ctx)?, &ids::study(&id)?).await };
        Ok(found(study.await)?.map(Study))
    }

    /// Studies, the newest upload first where no other order is asked for.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // a list with filter, order and page
    async fn studies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<StudyFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<StudyOrder>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<StudyKey, Study, Counts>> {
        let request = connection::request(first, after, last, before)?;
        let order = order_by.map(Into::into).unwrap_or_default();
        let page = async {
            let filter = filter.unwrap_or_default().parse()?;
            let page = studies::study_list(app(ctx)?, acting(ctx)?, &filter, order, request).await?;
            Ok((page, filter))
        };
        let (page, filter) = page.await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Counts(filter),
            |row| order.key(row),
            Study,
        ))
    }

    /// A job.
    async fn job(&self, ctx: &Context<'_>, #[graphql(desc = "Its opaque id.")] id: ID) -> Result<Option<Job>> {
        let job = async { jobs::job_get(app(ctx)?, acting(ctx)?, ids::job(&id)?).await };
        Ok(found(job.await)?.map(Job))
    }

    /// Jobs, the newest first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<JobFilter>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<Uuid, Job>> {
        let request = connection::request(first, after, last, before)?;
        let page = async {
            let filter = filter.unwrap_or_default();
            let study_id = match &filter.study {
                Some(id) => Some(studies::study_find(app(ctx)?, acting(ctx)?, &ids::study(id)?).await?.id),
                None => None,
            };
            let filter = Filter {
                study_id,
                kind: filter.kind.map(Into::into),
                state: filter.state.map(Into::into),
            };
            Ok((jobs::job_list(app(ctx)?, acting(ctx)?, &filter, request).await?, filter))
        };
        let (page, filter) = page.await.map_err(top_level)?;
        Ok(connection::connection(page, Total::Jobs(filter), |row| row.id, Job))
    }

    /// The queues of jobs, and how full they are. For administrators.
    async fn queues(&self, ctx: &Context<'_>) -> Result<Vec<Queue>> {
        let queues = async { jobs::queue_list(app(ctx)?, acting(ctx)?).await };
        Ok(queues.await.map_err(top_level)?.into_iter().map(Queue).collect())
    }

    /// What came in from the first to the last day, at most 366 days: a row for each centre and day with something in it.
    #[graphql(complexity = "20 * child_complexity")]
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this centre.")] centre: Option<ID>,
        #[graphql(desc = "The first day.")] first: Date,
        #[graphql(desc = "The last day.")] last: Date,
    ) -> Result<Vec<UsageDay>> {
        let days = async {
            let centre = centre.as_ref().map(ids::centre).transpose()?;
            usage::usage_list(app(ctx)?, acting(ctx)?, centre, first.0, last.0).await
        };
        Ok(days.await.map_err(top_level)?.into_iter().map(UsageDay).collect())
    }

    /// Tokens of workers outside the server, in the order in which they were made, those that are no longer good included.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn worker_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, WorkerToken>> {
        let request = connection::request(first, after, last, before)?;
        let page = async { worker_tokens::worker_token_list(app(ctx)?, acting(ctx)?, request).await };
        let page = page.await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Total::WorkerTokens,
            |row| row.id,
            WorkerToken,
        ))
    }
}

async fn node(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    let loaders = loaders(ctx)?;
    Ok(match GlobalId::parse(id) {
        None => None,
        Some(GlobalId::User(id)) => load(&loaders.users, UserId(id)).await?.map(|row| User(row).into()),
        Some(GlobalId::Centre(id)) => load(&loaders.centres, CentreId(id)).await?.map(|row| Centre(row).into()),
        Some(GlobalId::Study(id)) => load(&loaders.studies_by_uuid, StudyUuid(id)).await?.map(|row| Study(row).into()),
        Some(GlobalId::Series(id)) => {
            load(&loaders.series_by_uuid, SeriesUuid(id)).await?.map(|row| Series(row).into())
        }
        Some(GlobalId::Instance(id)) => {
            load(&loaders.instances_by_uuid, InstanceUuid(id)).await?.map(|row| Instance(row).into())
        }
        Some(GlobalId::Job(id)) => load(&loaders.jobs, JobId(id)).await?.map(|row| Job(row).into()),
        Some(GlobalId::Report(id)) => {
            load(&loaders.reports_by_uuid, ReportUuid(id)).await?.map(|row| Report(row).into())
        }
        Some(GlobalId::ReportTemplate(id)) => {
            load(&loaders.templates, TemplateId(id)).await?.map(|row| ReportTemplate(row).into())
        }
        Some(GlobalId::ReportMacro(id)) => load(&loaders.macros, MacroId(id)).await?.map(|row| ReportMacro(row).into()),
        Some(GlobalId::Analysis(id)) => {
            load(&loaders.analyses_by_uuid, AnalysisUuid(id)).await?.map(|row| Analysis(row).into())
        }
        Some(GlobalId::CriticalFinding(id)) => {
            load(&loaders.findings_by_uuid, FindingUuid(id)).await?.map(|row| CriticalFinding(row).into())
        }
        Some(GlobalId::Invoice(id)) => load(&loaders.invoices, InvoiceUuid(id)).await?.map(|row| Invoice(row).into()),
        Some(GlobalId::Statement(id)) => {
            load(&loaders.statements, StatementUuid(id)).await?.map(|row| Statement(row).into())
        }
        Some(GlobalId::Price(id)) => load(&loaders.prices, PriceId(id)).await?.map(|row| Price(row).into()),
        Some(GlobalId::ImagingMachine(id)) => {
            load(&loaders.imaging_machines, ImagingMachineId(id)).await?.map(|row| ImagingMachine(row).into())
        }
        Some(GlobalId::WorkerToken(id)) => {
            load(&loaders.worker_tokens, WorkerTokenId(id)).await?.map(|row| WorkerToken(row).into())
        }
        Some(GlobalId::AuditEvent(id)) => {
            load(&loaders.audit_events, AuditId(id)).await?.map(|row| AuditEvent(row).into())
        }
    })
}
