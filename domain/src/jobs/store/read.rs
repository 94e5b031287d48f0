//! Reading jobs.

use crate::error::Result;
use crate::jobs::{JobKind, JobState};
use crate::page::{Lists, Page, PageRequest, keyset};
use crate::policy::Reach;
use entity::job::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoSimpleExpr, Iterable, Order, PaginatorTrait, QueryFilter,
    QuerySelect, Select,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Which jobs; empty fields match everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobFilter {
    pub study_id: Option<i64>,
    pub kind: Option<JobKind>,
    pub state: Option<JobState>,
}

pub async fn find(c: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(c).await?)
}

/// The newest first.
pub async fn list(
    c: &impl ConnectionTrait,
    reach: Reach,
    filter: &JobFilter,
    page: &PageRequest<Uuid>,
) -> Result<Page<Model>> {
    let query = keyset(matching(reach, filter), [Column::Id], Order::Desc, page);
    Ok(Page::new(query.all(c).await?, page))
}

pub async fn count(c: &impl ConnectionTrait, reach: Reach, filter: &JobFilter) -> Result<u64> {
    Ok(matching(reach, filter).count(c).await?)
}

/// A page of the jobs of each study, the newest first.
pub async fn of_studies(
    c: &impl ConnectionTrait,
    reach: Reach,
    study_ids: &[i64],
    page: &PageRequest<Uuid>,
) -> Result<HashMap<i64, Page<Model>>> {
    let lists = Lists {
        rows: matching(reach, &JobFilter::default()).filter(Column::StudyId.is_in(study_ids.iter().copied())),
        id: Column::Id,
        parent: Column::StudyId,
        keys: vec![Column::Id.into_simple_expr()],
        order: Order::Desc,
    };
    lists.pages(c, Column::iter(), page, |job: &Model| job.study_id.unwrap_or_default()).await
}

/// How many jobs each study has.
pub async fn count_of_studies(c: &impl ConnectionTrait, reach: Reach, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = matching(reach, &JobFilter::default())
        .filter(Column::StudyId.is_in(study_ids.iter().copied()))
        .select_only()
        .column(Column::StudyId)
        .column_as(Column::Id.count(), "jobs")
        .group_by(Column::StudyId);
    Ok(query.into_tuple::<(i64, i64)>().all(c).await?.into_iter().collect())
}

pub async fn by_id(c: &impl ConnectionTrait, reach: Reach, ids: &[Uuid]) -> Result<Vec<Model>> {
    let query = matching(reach, &JobFilter::default()).filter(Column::Id.is_in(ids.iter().copied()));
    Ok(query.all(c).await?)
}

fn matching(reach: Reach, filter: &JobFilter) -> Select<Entity> {
    let mut query = match reach {
        Reach::All => Entity::find(),
        Reach::Centre(own) => Entity::find().filter(Column::CentreId.eq(own)),
        Reach::Own(own) => Entity::find().filter(Column::CreatedById.eq(own)),
    };
    if let Some(study_id) = filter.study_id {
        query = query.filter(Column::StudyId.eq(study_id));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(Column::Kind.eq(kind.as_str()));
    }
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state.as_str()));
    }
    query
}
