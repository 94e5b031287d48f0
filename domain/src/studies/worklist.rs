//! The worklist: studies within what the caller may see, filtered, searched, ordered and counted.
//!
//! A page costs about the same among a thousand studies and among a million: first its ids are read, from an index in the order of the page
//! and as far as the page needs, and only then the rows. Where several statuses or modalities are wanted, the ids are merged of one
//! page for each.

use super::list::visible;
use super::order::{StudyKey, StudyOrder};
use super::rows::Modality;
use super::status::StudyStatus;
use super::words::{self, Purpose};
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::critical_findings;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, Slice};
use chrono::{DateTime, NaiveDate, Utc};
use entity::study::{Column, Entity, Model};
use sea_orm::sea_query::{Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Select,
};

/// Beyond so many pages to be merged, reading in order and leaving out is cheaper: the filter lets most studies pass.
const MERGED: usize = 12;

/// Which studies; empty fields match everything.
#[derive(Debug, Clone, Default)]
pub struct StudyFilter {
    pub statuses: Vec<StudyStatus>,
    pub modalities: Vec<Modality>,
    pub centre_id: Option<i64>,
    pub assignee_id: Option<i64>,
    pub is_urgent: Option<bool>,
    /// Whether its time is over and it is not verified.
    pub is_overdue: Option<bool>,
    pub due_before: Option<DateTime<Utc>>,
    /// Whether a critical finding of it waits for its centre.
    pub has_unacknowledged_critical_finding: Option<bool>,
    /// First and last day of examination.
    pub examined: (Option<NaiveDate>, Option<NaiveDate>),
    /// Beginnings of words of name, identifiers and description; all must be found.
    pub text: Option<String>,
    pub patient_id: Option<String>,
    pub accession_number: Option<String>,
    pub study_instance_uid: Option<String>,
}

impl StudyFilter {
    /// For those who do not ask the database: an error where a query would answer one.
    pub fn check(&self) -> Result<()> {
        self.check_identifiers()?;
        self.text.as_deref().map_or(Ok(()), |text| words::wanted(text).map(drop))
    }

    fn check_identifiers(&self) -> Result<()> {
        let texts = [&self.patient_id, &self.accession_number, &self.study_instance_uid];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Err(Error::invalid(
                "filter",
                "INVALID_TEXT",
                "Identifiers have no NUL characters",
            ));
        }
        Ok(())
    }

    /// Everything but status and modality, which have several values.
    async fn narrow(&self, app: &App, query: Select<Entity>, purpose: Purpose) -> Result<Select<Entity>> {
        self.check_identifiers()?;
        let (first, last) = self.examined;
        let mut query = query
            .apply_if(self.centre_id, |query, id| query.filter(Column::CentreId.eq(id)))
            .apply_if(self.assignee_id, |query, id| {
                query.filter(Column::AssignedRadiologistId.eq(id))
            })
            .apply_if(self.is_urgent, |query, urgent| {
                query.filter(Column::IsUrgent.eq(urgent))
            })
            .apply_if(self.is_overdue, |query, overdue| {
                let late = Condition::all().add(Column::VerifiedAt.is_null()).add(Column::DueAt.lt(Utc::now()));
                query.filter(if overdue { late } else { late.not() })
            })
            .apply_if(self.due_before, |query, time| query.filter(Column::DueAt.lt(time)))
            .apply_if(self.has_unacknowledged_critical_finding, |query, waiting| {
                let studies = critical_findings::studies_waiting();
                query.filter(match waiting {
                    true => Column::Id.in_subquery(studies),
                    false => Column::Id.not_in_subquery(studies),
                })
            })
            .apply_if(first, |query, day| {
                query.filter(Column::ExaminedOn.gte(day.to_string()))
            })
            .apply_if(last, |query, day| query.filter(Column::ExaminedOn.lte(day.to_string())))
            .apply_if(self.patient_id.as_deref(), |query, id| {
                query.filter(Column::PatientId.eq(id))
            })
            .apply_if(self.accession_number.as_deref(), |query, number| {
                query.filter(Column::AccessionNumber.eq(number))
            })
            .apply_if(self.study_instance_uid.as_deref(), |query, uid| {
                query.filter(Column::StudyInstanceUid.eq(uid))
            });
        if let Some(text) = &self.text {
            for condition in words::found(app.db.reader(), text, purpose).await? {
                query = query.filter(condition);
            }
        }
        Ok(query)
    }

    /// Every combination of a wanted status and a wanted modality.
    fn combinations(&self) -> Vec<(Option<StudyStatus>, Option<Modality>)> {
        let statuses = each(&self.statuses);
        let modalities = each(&self.modalities);
        statuses.iter().flat_map(|status| modalities.iter().map(|modality| (*status, *modality))).collect()
    }
}

fn each<T: Copy + PartialEq>(wanted: &[T]) -> Vec<Option<T>> {
    let mut each: Vec<Option<T>> = Vec::new();
    for value in wanted {
        if !each.contains(&Some(*value)) {
            each.push(Some(*value));
        }
    }
    if each.is_empty() { vec![None] } else { each }
}

fn of_status(query: Select<Entity>, statuses: &[StudyStatus]) -> Select<Entity> {
    match statuses {
        [] => query,
        statuses => query.filter(Column::Status.is_in(statuses.iter().map(|status| status.as_str()))),
    }
}

fn of_modality(query: Select<Entity>, modalities: &[Modality]) -> Select<Entity> {
    match modalities {
        [] => query,
        modalities => query.filter(Column::Modality.is_in(modalities.iter().map(|modality| modality.as_str()))),
    }
}

pub async fn study_list(
    app: &App,
    ctx: &Context,
    filter: &StudyFilter,
    order: StudyOrder,
    request: PageRequest<StudyKey>,
) -> Result<Page<Model>> {
    let request = order.from(app, ctx, &request).await?;
    let all = filter.narrow(app, visible(ctx)?, Purpose::Page).await?;
    let combinations = filter.combinations();
    let parts: Vec<Select<Entity>> = if combinations.len() <= MERGED {
        let part = |(status, modality): (Option<StudyStatus>, Option<Modality>)| {
            of_modality(of_status(all.clone(), status.as_slice()), modality.as_slice())
        };
        combinations.into_iter().map(part).collect()
    } else {
        vec![of_modality(of_status(all, &filter.statuses), &filter.modalities)]
    };
    let mut ids = SelectStatement::new();
    for (number, part) in parts.into_iter().enumerate() {
        let page = order.page(part, &request).select_only().column(Column::Id).into_query();
        let part = Query::select().column(Column::Id).from_subquery(page, "part").to_owned();
        match number {
            0 => ids = part,
            _ => drop(ids.union(UnionType::All, part)),
        }
    }
    let rows = order.page(Entity::find().filter(Column::Id.in_subquery(ids)), &request);
    let page = Page::new(rows.all(app.db.reader()).await?, &request);
    ctx.saw(AuditKind::StudyListed, page.items.iter().map(|study| study.id));
    Ok(page)
}

/// In the order in which they came, by place.
pub async fn study_slice(app: &App, ctx: &Context, filter: &StudyFilter, slice: Slice) -> Result<Vec<Model>> {
    let query = of_status(
        filter.narrow(app, visible(ctx)?, Purpose::Page).await?,
        &filter.statuses,
    );
    let query = of_modality(query, &filter.modalities);
    let studies = slice.of(query, Column::Id, Order::Asc).all(app.db.reader()).await?;
    ctx.saw(AuditKind::StudyListed, studies.iter().map(|study| study.id));
    Ok(studies)
}

pub async fn study_count(app: &App, ctx: &Context, filter: &StudyFilter) -> Result<u64> {
    let query = of_status(
        filter.narrow(app, visible(ctx)?, Purpose::Count).await?,
        &filter.statuses,
    );
    Ok(of_modality(query, &filter.modalities).count(app.db.reader()).await?)
}

/// How many studies of each status the filter finds, whatever statuses it names itself.
pub async fn study_status_counts(app: &App, ctx: &Context, filter: &StudyFilter) -> Result<Vec<(StudyStatus, i64)>> {
    let query = of_modality(
        filter.narrow(app, visible(ctx)?, Purpose::Count).await?,
        &filter.modalities,
    );
    let counts = counts(app, query, Column::Status).await?;
    Ok(StudyStatus::ALL
        .into_iter()
        .filter_map(|status| Some((status, count(&counts, status.as_str())?)))
        .collect())
}

/// How many studies of each modality the filter finds, whatever modalities it names itself.
pub async fn study_modality_counts(app: &App, ctx: &Context, filter: &StudyFilter) -> Result<Vec<(Modality, i64)>> {
    let query = of_status(
        filter.narrow(app, visible(ctx)?, Purpose::Count).await?,
        &filter.statuses,
    );
    let counts = counts(app, query, Column::Modality).await?;
    let all = Modality::ALL.into_iter();
    Ok(all.filter_map(|modality| Some((modality, count(&counts, modality.as_str())?))).collect())
}

async fn counts(app: &App, query: Select<Entity>, column: Column) -> Result<Vec<(String, i64)>> {
    let query = query.select_only().column(column).column_as(Column::Id.count(), "studies").group_by(column);
    Ok(query.into_tuple().all(app.db.reader()).await?)
}

fn count(counts: &[(String, i64)], word: &str) -> Option<i64> {
    counts.iter().find(|(is, _)| is == word).map(|(_, count)| *count)
}
