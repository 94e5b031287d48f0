//! Finding reports, within what the caller may see.

use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Lists, Page, PageRequest, Slice, keyset};
use crate::policy::{Action, Reach, require, require_in};
use entity::report::{Column, Entity, Model};
use entity::report_version::{self, Column as VersionColumn};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoSimpleExpr, Iterable, Order, PaginatorTrait, QueryFilter, QuerySelect,
    Select,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Which reports; empty fields match everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportFilter {
    pub study_id: Option<i64>,
    pub is_verified: Option<bool>,
}

/// What clients name a report by.
#[derive(Debug, Clone, Copy)]
pub enum ReportKey {
    /// The documented REST API's.
    Number(i64),
    Uuid(Uuid),
}

impl From<i64> for ReportKey {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Uuid> for ReportKey {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

pub(super) async fn by_key(app: &App, key: ReportKey) -> Result<Model> {
    match key {
        ReportKey::Number(id) => Entity::find_by_id(id).one(app.db.reader()).await?.ok_or(Error::NotFound("Report")),
        ReportKey::Uuid(uuid) => by_uuid(app, uuid).await,
    }
}

pub(super) async fn by_uuid(app: &App, uuid: Uuid) -> Result<Model> {
    let query = Entity::find().filter(Column::Uuid.eq(uuid));
    query.one(app.db.reader()).await?.ok_or(Error::NotFound("Report"))
}

/// By its number.
pub async fn report_get(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    require(ctx, Action::ReportRead)?;
    let report = Entity::find_by_id(id).one(app.db.reader()).await?.ok_or(Error::NotFound("Report"))?;
    require_in(ctx, Action::ReportRead, Some(report.centre_id), "Report")?;
    given(ctx, [&report]);
    Ok(report)
}

pub async fn report_find(app: &App, ctx: &Context, uuid: Uuid) -> Result<Model> {
    require(ctx, Action::ReportRead)?;
    let report = by_uuid(app, uuid).await?;
    require_in(ctx, Action::ReportRead, Some(report.centre_id), "Report")?;
    given(ctx, [&report]);
    Ok(report)
}

/// The newest first.
pub async fn report_list(
    app: &App,
    ctx: &Context,
    filter: &ReportFilter,
    page: PageRequest<i64>,
) -> Result<Page<Model>> {
    let query = matching(require(ctx, Action::ReportRead)?, filter);
    let rows = keyset(query, [Column::Id], Order::Desc, &page).all(app.db.reader()).await?;
    let page = Page::new(rows, &page);
    given(ctx, &page.items);
    Ok(page)
}

/// In the order in which they were made, by place.
pub async fn report_slice(app: &App, ctx: &Context, filter: &ReportFilter, slice: Slice) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::ReportRead)?, filter);
    let rows = slice.of(query, Column::Id, Order::Asc).all(app.db.reader()).await?;
    given(ctx, &rows);
    Ok(rows)
}

pub async fn report_count(app: &App, ctx: &Context, filter: &ReportFilter) -> Result<u64> {
    let query = matching(require(ctx, Action::ReportRead)?, filter);
    Ok(query.count(app.db.reader()).await?)
}

/// For a DataLoader: those of the reports that the caller may see.
pub async fn reports_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::ReportRead)?, &ReportFilter::default());
    let rows = query.filter(Column::Uuid.is_in(uuids.iter().copied())).all(app.db.reader()).await?;
    given(ctx, &rows);
    Ok(rows)
}

/// For a DataLoader: those of the reports that the caller may see.
pub async fn reports_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::ReportRead)?, &ReportFilter::default());
    let rows = query.filter(Column::Id.is_in(ids.iter().copied())).all(app.db.reader()).await?;
    given(ctx, &rows);
    Ok(rows)
}

/// For a DataLoader: a page of the reports of each of the studies, the newest first.
pub async fn reports_by_study(
    app: &App,
    ctx: &Context,
    study_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<Model>>> {
    let rows = matching(require(ctx, Action::ReportRead)?, &ReportFilter::default());
    let lists = Lists {
        rows: rows.filter(Column::StudyId.is_in(study_ids.iter().copied())),
        id: Column::Id,
        parent: Column::StudyId,
        keys: vec![Column::Id.into_simple_expr()],
        order: Order::Desc,
    };
    let pages = lists
        .pages(app.db.reader(), Column::iter(), request, |report: &Model| {
            report.study_id
        })
        .await?;
    given(ctx, pages.values().flat_map(|page| &page.items));
    Ok(pages)
}

fn given<'a>(ctx: &Context, reports: impl IntoIterator<Item = &'a Model>) {
    ctx.saw(AuditKind::ReportRead, reports.into_iter().map(|report| report.study_id));
}

/// For a DataLoader: how many reports each of the studies has.
pub async fn report_counts_by_study(app: &App, ctx: &Context, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = matching(require(ctx, Action::ReportRead)?, &ReportFilter::default())
        .filter(Column::StudyId.is_in(study_ids.iter().copied()))
        .select_only()
        .column(Column::StudyId)
        .column_as(Column::Id.count(), "reports")
        .group_by(Column::StudyId);
    Ok(query.into_tuple::<(i64, i64)>().all(app.db.reader()).await?.into_iter().collect())
}

/// For a DataLoader: a page of the texts of each of the reports, which the caller has been given already, the newest first.
pub async fn versions_by_report(
    app: &App,
    report_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<report_version::Model>>> {
    let lists = Lists {
        rows: report_version::Entity::find().filter(VersionColumn::ReportId.is_in(report_ids.iter().copied())),
        id: VersionColumn::Id,
        parent: VersionColumn::ReportId,
        keys: vec![VersionColumn::Id.into_simple_expr()],
        order: Order::Desc,
    };
    let of_report = |version: &report_version::Model| version.report_id;
    lists.pages(app.db.reader(), VersionColumn::iter(), request, of_report).await
}

/// For a DataLoader: these texts of reports, which the caller has been given already, by report and version.
pub async fn versions_by_number(app: &App, wanted: &[(i64, i32)]) -> Result<Vec<report_version::Model>> {
    let mut versions: HashMap<i64, Vec<i32>> = HashMap::new();
    for (report_id, version) in wanted {
        versions.entry(*report_id).or_default().push(*version);
    }
    let of_each = versions
        .into_iter()
        .map(|(report_id, versions)| VersionColumn::ReportId.eq(report_id).and(VersionColumn::Version.is_in(versions)));
    let any = of_each.fold(Condition::any(), Condition::add);
    let query = report_version::Entity::find().filter(any);
    Ok(query.all(app.db.reader()).await?)
}

fn matching(reach: Reach, filter: &ReportFilter) -> Select<Entity> {
    let mut query = match reach {
        Reach::All => Entity::find(),
        Reach::Centre(own) => Entity::find().filter(Column::CentreId.eq(own)),
        Reach::Own(own) => Entity::find().filter(Column::CreatedById.eq(own)),
    };
    if let Some(study_id) = filter.study_id {
        query = query.filter(Column::StudyId.eq(study_id));
    }
    if let Some(is_verified) = filter.is_verified {
        query = query.filter(Column::IsVerified.eq(is_verified));
    }
    query
}
