//! `Study`: what was uploaded for a patient.

use super::{
    Analysis, Assignment, AuditEvent, Centre, CriticalFinding, Date, DicomUid, Invoice, Job, Modality, Price, Report,
    Series, StudyEvent, StudyStatus, Urgency, User, load, loaders,
};
use crate::graphql::connection::{self, Of, PriorStudies, Total};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{
    AccessesOf, AnalysesOf, AssignmentsOf, CentreId, CountOf, Counted, EventsOf, FindingsOf, InvoiceOf, JobsOf,
    PriceOf, PriorsOf, ReportsOf, SeriesOf, UserId,
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::page::Page;
use domain::studies::{SeriesKey, StudyKey, prior_order, series_key};
use domain::{rows, studies};
use uuid::Uuid;

pub struct Study(pub rows::Study);

/// A study: the images of one examination, and what is known of them.
#[Object]
impl Study {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Study(self.0.uuid).into()
    }

    /// The number by which the REST API knows the study.
    async fn number(&self) -> i64 {
        self.0.id
    }

    /// Unique among all studies of all servers.
    async fn uuid(&self) -> Uuid {
        self.0.uuid
    }

    /// Eight letters and digits, to be read out and typed.
    async fn study_id(&self) -> &str {
        &self.0.study_code
    }

    /// Study Instance UID (0020,000D).
    async fn study_instance_uid(&self) -> DicomUid {
        DicomUid(self.0.study_instance_uid.clone())
    }

    /// By the upload form, else by the files.
    async fn patient_name(&self) -> &str {
        &self.0.patient_name
    }

    /// Patient's Name (0010,0010) of the files, component groups divided by `=`.
    async fn dicom_patient_name(&self) -> Option<&str> {
        self.0.dicom_patient_name.as_deref()
    }

    /// Patient ID (0010,0020) of the files.
    async fn patient_id(&self) -> Option<&str> {
        self.0.patient_id.as_deref()
    }

    /// Issuer of Patient ID (0010,0021) of the files.
    async fn issuer_of_patient_id(&self) -> Option<&str> {
        self.0.issuer_of_patient_id.as_deref()
    }

    /// Patient's Birth Date (0010,0030) of the files.
    async fn patient_birth_date(&self) -> Option<Date> {
        self.0.patient_birth_date.as_deref().and_then(studies::dicom_day).map(Date)
    }

    /// Whole years.
    async fn patient_age(&self) -> Option<i32> {
        self.0.patient_age
    }

    /// By the upload form, else Patient's Sex (0010,0040).
    async fn patient_gender(&self) -> Option<&str> {
        self.0.patient_gender.as_deref()
    }

    /// What must be looked at before reading: names that disagree, files that are missing.
    async fn patient_warning(&self) -> Option<&str> {
        self.0.patient_warning.as_deref()
    }

    /// Kind of imaging.
    async fn modality(&self) -> Option<Modality> {
        studies::Modality::parse(&self.0.modality).map(Modality::from)
    }

    /// What was examined, by the upload form.
    async fn study_type(&self) -> Option<&str> {
        self.0.study_type.as_deref()
    }

    /// By the upload form, else Study Description (0008,1030).
    async fn description(&self) -> Option<&str> {
        self.0.study_description.as_deref()
    }

    /// Study Date (0008,0020) of the files; null where it is not a day of the calendar.
    async fn study_date(&self) -> Option<Date> {
        self.0.study_date.as_deref().and_then(studies::dicom_day).map(Date)
    }

    /// The day of the examination: Study Date, else the day of upload (UTC).
    async fn examined_on(&self) -> Option<Date> {
        self.0.examined_on.parse().ok().map(Date)
    }

    /// Referring Physician's Name (0008,0090) of the files.
    async fn referring_physician_name(&self) -> Option<&str> {
        self.0.referring_physician_name.as_deref()
    }

    /// Institution Name (0008,0080) of the files.
    async fn institution_name(&self) -> Option<&str> {
        self.0.institution_name.as_deref()
    }

    /// Accession Number (0008,0050) of the files.
    async fn accession_number(&self) -> Option<&str> {
        self.0.accession_number.as_deref()
    }

    /// Read it before the others: its urgency is `EMERGENCY` or `URGENT`.
    async fn is_urgent(&self) -> bool {
        self.0.is_urgent
    }

    /// How soon it is to be reported.
    async fn urgency(&self) -> Option<Urgency> {
        studies::Urgency::parse(&self.0.urgency).map(Urgency::from)
    }

    /// When its report is to be verified, by its urgency and its centre's targets.
    async fn due_at(&self) -> DateTime<Utc> {
        self.0.due_at
    }

    /// Whether that time is over and it is not verified.
    async fn is_overdue(&self) -> bool {
        studies::is_overdue(&self.0, Utc::now())
    }

    /// Minutes from upload to verification; null before.
    async fn turnaround(&self) -> Option<i64> {
        studies::turnaround(&self.0)
    }

    /// Where it is on its way to a verified report.
    async fn status(&self) -> Option<StudyStatus> {
        studies::StudyStatus::parse(&self.0.status).map(StudyStatus::from)
    }

    /// The centre that uploaded it.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        Ok(load(&loaders(ctx)?.centres, CentreId(self.0.centre_id)).await?.map(Centre))
    }

    /// Who uploaded it, if the caller may see that user.
    async fn created_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.0.created_by_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
        }
    }

    /// The radiologist who reads it, if it has one.
    async fn assignee(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.0.assigned_radiologist_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
        }
    }

    /// When it got that radiologist.
    async fn assigned_at(&self) -> Option<DateTime<Utc>> {
        self.0.assigned_at
    }

    /// What reading it costs its centre; none when no price is set, or the caller may not see it.
    async fn price(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Price>> {
        let key = PriceOf {
            centre_id: self.0.centre_id,
            modality: self.0.modality.clone(),
        };
        Ok(load(&loaders(ctx)?.price_of, key).await?.map(Price))
    }

    /// What its centre was billed for it; none when it was not, or the caller may not see it.
    async fn invoice(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Invoice>> {
        Ok(load(&loaders(ctx)?.invoice_of, InvoiceOf(self.0.id)).await?.map(Invoice))
    }

    /// Number of series.
    async fn number_of_series(&self) -> i32 {
        self.0.number_of_series
    }

    /// Number of files.
    async fn number_of_instances(&self) -> i32 {
        self.0.number_of_instances
    }

    /// When it was first uploaded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When files or attributes last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Its series, by Series Number.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<SeriesKey, Series>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.series_of, SeriesOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Known(self.0.number_of_series.into());
        Ok(connection::connection(page, total, series_key, Series))
    }

    /// Its jobs, the newest first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<Uuid, Job>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.jobs_of, JobsOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Jobs, self.0.id));
        Ok(connection::connection(page, total, |row| row.id, Job))
    }

    /// Its reports, the newest first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, Report>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.reports_of, ReportsOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Reports, self.0.id));
        Ok(connection::connection(page, total, |row| row.id, Report))
    }

    /// What its centre was told at once, the newest first, those that were withdrawn included.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn critical_findings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, CriticalFinding>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.findings_of, FindingsOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::CriticalFindings, self.0.id));
        Ok(connection::connection(page, total, |row| row.id, CriticalFinding))
    }

    /// What software found in its series, the newest first. An aid: nothing of it is verified.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn analyses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, Analysis>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.analyses_of, AnalysesOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Analyses, self.0.id));
        Ok(connection::connection(page, total, |row| row.id, Analysis))
    }

    /// Every time that it got a radiologist, the latest first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn assignments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, Assignment>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.assignments_of, AssignmentsOf(self.0.id, request))
            .await?
            .unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Assignments, self.0.id));
        Ok(connection::connection(page, total, |row| row.id, Assignment))
    }

    /// What happened to it, the latest first, as far back as events are kept.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<domain::events::Cursor, StudyEvent>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.events_of, EventsOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Events, self.0.id));
        Ok(connection::connection(
            page,
            total,
            |event| event.cursor,
            StudyEvent::Kept,
        ))
    }

    /// Who saw and changed it, the newest first. For administrators and managers of its centre.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn accesses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Option<Of<Uuid, AuditEvent>>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.accesses_of, AccessesOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Accesses, self.0.id));
        Ok(Some(connection::connection(page, total, |row| row.id, AuditEvent)))
    }

    /// Earlier studies of the same patient (Patient ID and its issuer, in the same centre), the latest first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn priors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<StudyKey, Study, Total, PriorStudies>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.priors_of, PriorsOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Priors, self.0.id));
        let order = prior_order();
        Ok(connection::connection(page, total, |row| order.key(row), Study))
    }
}
