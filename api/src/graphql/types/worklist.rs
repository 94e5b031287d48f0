//! What the worklist is filtered and ordered by, and what is counted of it.

use super::{Date, DicomUid, Modality, StudyStatus, acting, app};
use crate::graphql::errors::top_level;
use crate::graphql::ids;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{Result, studies};

/// Days, both included.
#[derive(InputObject)]
pub struct DateRange {
    /// The first day; left out: from the beginning.
    from: Option<Date>,
    /// The last day; left out: without an end.
    to: Option<Date>,
}

/// Which studies; what is left out matches everything.
#[derive(Default, InputObject)]
pub struct StudyFilter {
    /// One of these.
    #[graphql(validator(max_items = 20))]
    status: Option<Vec<StudyStatus>>,
    /// One of these.
    #[graphql(validator(max_items = 20))]
    modality: Option<Vec<Modality>>,
    /// Id of the centre that uploaded it.
    centre: Option<ID>,
    /// Id of the radiologist that it is assigned to.
    assignee: Option<ID>,
    /// Whether it is to be read before the others.
    urgent: Option<bool>,
    /// Whether its time is over and it is not verified.
    overdue: Option<bool>,
    /// Those that are due earlier.
    due_before: Option<DateTime<Utc>>,
    /// Whether a critical finding waits to be acknowledged by the centre.
    has_unacknowledged_critical_finding: Option<bool>,
    /// The day of the examination (`examinedOn`).
    date_range: Option<DateRange>,
    /// Beginnings of words of the patient's name, identifiers and description, in any order, without regard to case and
    /// accents; all must be found. At most 8 words.
    text: Option<String>,
    /// Patient ID (0010,0020), the whole of it.
    patient_id: Option<String>,
    /// Accession Number (0008,0050), the whole of it.
    accession_number: Option<String>,
    /// Study Instance UID (0020,000D).
    study_instance_uid: Option<DicomUid>,
}

impl StudyFilter {
    pub fn parse(self) -> Result<studies::StudyFilter> {
        let range = self.date_range.unwrap_or(DateRange { from: None, to: None });
        Ok(studies::StudyFilter {
            statuses: self.status.unwrap_or_default().into_iter().map(Into::into).collect(),
            modalities: self.modality.unwrap_or_default().into_iter().map(Into::into).collect(),
            centre_id: self.centre.as_ref().map(ids::centre).transpose()?,
            assignee_id: self.assignee.as_ref().map(ids::user).transpose()?,
            is_urgent: self.urgent,
            is_overdue: self.overdue,
            due_before: self.due_before,
            has_unacknowledged_critical_finding: self.has_unacknowledged_critical_finding,
            examined: (range.from.map(|day| day.0), range.to.map(|day| day.0)),
            text: self.text,
            patient_id: self.patient_id,
            accession_number: self.accession_number,
            study_instance_uid: self.study_instance_uid.map(|uid| uid.0),
        })
    }
}

/// What studies are ordered by.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::studies::StudyOrderField")]
pub enum StudyOrderField {
    /// The order of upload.
    UploadedAt,
    /// The day of the examination, then the order of upload.
    ExaminedOn,
    /// The patient's name without case and accents, family name first, then the order of upload.
    PatientName,
    /// When the report is due, then the order of upload.
    DueAt,
}

/// Which end comes first.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub enum OrderDirection {
    /// The oldest or the beginning of the alphabet first.
    Asc,
    /// The newest or the end of the alphabet first.
    Desc,
}

/// The order of studies.
#[derive(InputObject)]
pub struct StudyOrder {
    /// By what.
    field: StudyOrderField,
    /// Which end comes first.
    #[graphql(default_with = "OrderDirection::Desc")]
    direction: OrderDirection,
}

impl From<StudyOrder> for studies::StudyOrder {
    fn from(order: StudyOrder) -> Self {
        Self {
            field: order.field.into(),
            rising: order.direction == OrderDirection::Asc,
        }
    }
}

/// Counts of a list of studies, made only when they are asked for.
pub struct Counts(pub studies::StudyFilter);

#[Object]
impl Counts {
    /// How many there are in all; counted only when asked for.
    #[graphql(complexity = 10)]
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i64> {
        let count = async { studies::study_count(app(ctx)?, acting(ctx)?, &self.0).await };
        Ok(i64::try_from(count.await.map_err(top_level)?).unwrap_or(i64::MAX))
    }

    /// How many there are of each status and of each modality.
    #[graphql(complexity = "20 + child_complexity")]
    async fn facets(&self) -> StudyFacets {
        StudyFacets(self.0.clone())
    }
}

pub struct StudyFacets(studies::StudyFilter);

/// How many studies the filter finds in each group. What the filter says of the group itself is left out, so that the other groups
/// can be offered with their counts.
#[Object]
impl StudyFacets {
    /// By status, whatever statuses the filter names; those that have none are left out.
    async fn status(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<StatusCount>> {
        let counts = async { studies::study_status_counts(app(ctx)?, acting(ctx)?, &self.0).await };
        let counts = counts.await.map_err(top_level)?.into_iter();
        Ok(counts
            .map(|(status, count)| StatusCount {
                status: status.into(),
                count,
            })
            .collect())
    }

    /// By modality, whatever modalities the filter names; those that have none are left out.
    async fn modality(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ModalityCount>> {
        let counts = async { studies::study_modality_counts(app(ctx)?, acting(ctx)?, &self.0).await };
        let counts = counts.await.map_err(top_level)?.into_iter();
        Ok(counts
            .map(|(modality, count)| ModalityCount {
                modality: modality.into(),
                count,
            })
            .collect())
    }
}

/// Studies of one status.
#[derive(SimpleObject)]
pub struct StatusCount {
    /// The status.
    status: StudyStatus,
    /// How many.
    count: i64,
}

/// Studies of one modality.
#[derive(SimpleObject)]
pub struct ModalityCount {
    /// The modality.
    modality: Modality,
    /// How many.
    count: i64,
}
