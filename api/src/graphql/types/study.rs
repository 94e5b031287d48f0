//! `Study`: what was uploaded for a patient.

use super::{Centre, DicomUid, Job, Modality, Series, StudyStatus, User, acting, app, load, loaders};
use crate::graphql::connection::{self, JobTotal, Of};
use crate::graphql::errors::top_level;
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{CentreId, SeriesOf, UserId};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::jobs::{self, JobFilter};
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

    /// Study Date (0008,0020) of the files, `YYYYMMDD`.
    async fn study_date(&self) -> Option<&str> {
        self.0.study_date.as_deref()
    }

    /// Accession Number (0008,0050) of the files.
    async fn accession_number(&self) -> Option<&str> {
        self.0.accession_number.as_deref()
    }

    /// Read it before the others.
    async fn is_urgent(&self) -> bool {
        self.0.is_urgent
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
    #[graphql(complexity = "20 * child_complexity")]
    async fn series(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Series>> {
        let rows = load(&loaders(ctx)?.series, SeriesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Series).collect())
    }

    /// Its jobs, the newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<Uuid, Job, JobTotal>> {
        let filter = JobFilter {
            study_id: Some(self.0.id),
            ..Default::default()
        };
        let page = jobs::job_list(
            app(ctx)?,
            acting(ctx)?,
            &filter,
            connection::request(first, after, last, before)?,
        )
        .await
        .map_err(top_level)?;
        Ok(connection::connection(page, JobTotal(filter), |row| row.id, Job))
    }
}
