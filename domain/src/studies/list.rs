//! Finding studies, series and instances; each within what the caller may see.

use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Lists, Page, PageRequest};
use crate::policy::{Action, Reach, require, require_in};
use entity::{instance, series, study};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoSimpleExpr, Iterable, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};
use std::collections::HashMap;
use uuid::Uuid;

pub(crate) async fn find(c: &impl ConnectionTrait, id: i64) -> Result<study::Model> {
    study::Entity::find_by_id(id).one(c).await?.ok_or(Error::NotFound("Study"))
}

pub async fn study_get(app: &App, ctx: &Context, id: i64) -> Result<study::Model> {
    require(ctx, Action::StudyRead)?;
    let study = find(app.db.reader(), id).await?;
    require_in(ctx, Action::StudyRead, Some(study.centre_id), "Study")?;
    Ok(study)
}

/// By any of its ids: uuid, number, Study Instance UID, or the 8-character id that clients show.
pub async fn study_find(app: &App, ctx: &Context, text: &str) -> Result<study::Model> {
    require(ctx, Action::StudyRead)?;
    let study = by_key(app, ctx, text).await?;
    require_in(ctx, Action::StudyRead, Some(study.centre_id), "Study")?;
    Ok(study)
}

pub(super) async fn by_key(app: &App, ctx: &Context, text: &str) -> Result<study::Model> {
    if text.contains('\0') {
        return Err(Error::NotFound("Study"));
    }
    let query = study::Entity::find();
    let query = if let Ok(uuid) = Uuid::parse_str(text) {
        query.filter(study::Column::Uuid.eq(uuid))
    } else if let Ok(number) = text.parse::<i64>() {
        query.filter(study::Column::Id.eq(number))
    } else if text.contains('.') {
        // Unique within a centre only: the newest that the caller may see.
        visible(ctx)?
            .filter(study::Column::StudyInstanceUid.eq(text))
            .order_by_desc(study::Column::Id)
            .limit(1)
    } else {
        query.filter(study::Column::StudyCode.eq(text.to_uppercase()))
    };
    query.one(app.db.reader()).await?.ok_or(Error::NotFound("Study"))
}

/// The studies that the caller may see.
pub(super) fn visible(ctx: &Context) -> Result<Select<study::Entity>> {
    let query = study::Entity::find();
    Ok(match require(ctx, Action::StudyRead)? {
        Reach::All => query,
        Reach::Centre(own) | Reach::Own(own) => query.filter(study::Column::CentreId.eq(own)),
    })
}

/// For a DataLoader: those of the studies that the caller may see.
pub async fn studies_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<study::Model>> {
    let query = visible(ctx)?.filter(study::Column::Id.is_in(ids.iter().copied()));
    Ok(query.all(app.db.reader()).await?)
}

/// For a DataLoader: those of the studies that the caller may see.
pub async fn studies_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<study::Model>> {
    let query = visible(ctx)?.filter(study::Column::Uuid.is_in(uuids.iter().copied()));
    Ok(query.all(app.db.reader()).await?)
}

/// For a DataLoader: those of the series that the caller may see.
pub async fn series_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<series::Model>> {
    let query = series::Entity::find()
        .filter(series::Column::Uuid.is_in(uuids.iter().copied()))
        .filter(series::Column::StudyId.in_subquery(visible(ctx)?.select_only().column(study::Column::Id).into_query()));
    Ok(query.all(app.db.reader()).await?)
}

pub async fn instance_find(app: &App, ctx: &Context, uuid: Uuid) -> Result<instance::Model> {
    require(ctx, Action::StudyRead)?;
    let found = instance::Entity::find()
        .filter(instance::Column::Uuid.eq(uuid))
        .find_also_related(study::Entity)
        .one(app.db.reader())
        .await?;
    let (instance, study) = found.ok_or(Error::NotFound("Instance"))?;
    require_in(ctx, Action::StudyRead, study.map(|study| study.centre_id), "Instance")?;
    Ok(instance)
}

/// All series of a study for the workers, in reading order.
pub async fn series_all(app: &App, study_id: i64) -> Result<Vec<series::Model>> {
    Ok(series::Entity::find()
        .filter(series::Column::StudyId.eq(study_id))
        .order_by_asc(series_number())
        .order_by_asc(series::Column::Id)
        .all(app.db.reader())
        .await?)
}

/// Series without a number come last.
const UNNUMBERED: i64 = i64::MAX;

fn series_number() -> Expr {
    Func::coalesce([Expr::col(series::Column::SeriesNumber.as_column_ref()), Expr::val(UNNUMBERED)]).into()
}

/// The place of a series in its study: Series Number, then the order of arrival.
pub fn series_key(series: &series::Model) -> (i64, i64) {
    (series.series_number.unwrap_or(UNNUMBERED), series.id)
}

/// For a DataLoader: a page of the series of each of the studies, which the caller has been given already.
pub async fn series_by_study(
    app: &App,
    study_ids: &[i64],
    request: &PageRequest<(i64, i64)>,
) -> Result<HashMap<i64, Page<series::Model>>> {
    let lists = Lists {
        rows: series::Entity::find().filter(series::Column::StudyId.is_in(study_ids.iter().copied())),
        id: series::Column::Id,
        parent: series::Column::StudyId,
        keys: vec![series_number(), series::Column::Id.into_simple_expr()],
        order: Order::Asc,
    };
    let of_study = |series: &series::Model| series.study_id;
    lists.pages(app.db.reader(), series::Column::iter(), request, of_study).await
}

/// All instances of a series for the workers, in order of upload.
pub async fn instances_all(app: &App, series_id: i64) -> Result<Vec<instance::Model>> {
    Ok(instance::Entity::find()
        .filter(instance::Column::SeriesId.eq(series_id))
        .order_by_asc(instance::Column::Ordinal)
        .all(app.db.reader())
        .await?)
}
