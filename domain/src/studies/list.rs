//! Finding studies, series and instances; each within what the caller may see.

use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, keyset};
use crate::policy::{Action, Reach, require, require_in};
use entity::{instance, series, study};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, Select};
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

/// By uuid, or by the 8-character id that clients show.
pub async fn study_find(app: &App, ctx: &Context, text: &str) -> Result<study::Model> {
    require(ctx, Action::StudyRead)?;
    let study = by_key(app, text).await?;
    require_in(ctx, Action::StudyRead, Some(study.centre_id), "Study")?;
    Ok(study)
}

pub(super) async fn by_key(app: &App, text: &str) -> Result<study::Model> {
    if text.contains('\0') {
        return Err(Error::NotFound("Study"));
    }
    let query = study::Entity::find();
    let query = match Uuid::parse_str(text) {
        Ok(uuid) => query.filter(study::Column::Uuid.eq(uuid)),
        Err(_) => query.filter(study::Column::StudyCode.eq(text.to_uppercase())),
    };
    query.one(app.db.reader()).await?.ok_or(Error::NotFound("Study"))
}

fn visible(ctx: &Context) -> Result<Select<study::Entity>> {
    let query = study::Entity::find();
    Ok(match require(ctx, Action::StudyRead)? {
        Reach::All => query,
        Reach::Centre(own) | Reach::Own(own) => query.filter(study::Column::CentreId.eq(own)),
    })
}

/// Newest first.
pub async fn study_list(app: &App, ctx: &Context, page: PageRequest<i64>) -> Result<Page<study::Model>> {
    let rows = keyset(visible(ctx)?, study::Column::Id, Order::Desc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

pub async fn study_count(app: &App, ctx: &Context) -> Result<u64> {
    Ok(visible(ctx)?.count(app.db.reader()).await?)
}

/// For a DataLoader: those of the studies that the caller may see.
pub async fn studies_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<study::Model>> {
    let query = visible(ctx)?.filter(study::Column::Id.is_in(ids.iter().copied()));
    Ok(query.all(app.db.reader()).await?)
}

pub async fn series_find(app: &App, ctx: &Context, uuid: Uuid) -> Result<series::Model> {
    require(ctx, Action::StudyRead)?;
    let found = series::Entity::find()
        .filter(series::Column::Uuid.eq(uuid))
        .find_also_related(study::Entity)
        .one(app.db.reader())
        .await?;
    let (series, study) = found.ok_or(Error::NotFound("Series"))?;
    require_in(ctx, Action::StudyRead, study.map(|study| study.centre_id), "Series")?;
    Ok(series)
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

/// For a DataLoader: all series of studies that the caller has been given already, in reading order.
pub async fn series_by_study(app: &App, study_ids: &[i64]) -> Result<Vec<series::Model>> {
    Ok(series::Entity::find()
        .filter(series::Column::StudyId.is_in(study_ids.iter().copied()))
        .order_by_asc(series::Column::StudyId)
        .order_by_asc(series::Column::SeriesNumber)
        .order_by_asc(series::Column::Id)
        .all(app.db.reader())
        .await?)
}

/// A page of the instances of a series that the caller has been given already, in order of upload.
pub async fn instances_by_series(app: &App, series_id: i64, page: PageRequest<i64>) -> Result<Page<instance::Model>> {
    let query = instance::Entity::find().filter(instance::Column::SeriesId.eq(series_id));
    let rows = keyset(query, instance::Column::Id, Order::Asc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

/// All instances of a series for the workers, in order of upload.
pub async fn instances_all(app: &App, series_id: i64) -> Result<Vec<instance::Model>> {
    Ok(instance::Entity::find()
        .filter(instance::Column::SeriesId.eq(series_id))
        .order_by_asc(instance::Column::Ordinal)
        .all(app.db.reader())
        .await?)
}
