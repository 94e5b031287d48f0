//! What reading a study costs a centre and earns a radiologist: one price for each of them and modality.

use crate::App;
use crate::centres;
use crate::context::Context;
use crate::error::{Error, Result, unique_or};
use crate::money::{Currency, to_minor};
use crate::page::{Page, PageRequest, Slice, keyset};
use crate::policy::{Action, Reach, require};
use crate::studies::Modality;
use crate::users;
use chrono::Utc;
use entity::price::{self, Column, Entity, Model};
use entity::user;
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Order,
    PaginatorTrait, QueryFilter, Select,
};

/// Whose price it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceOwner {
    /// The centre that pays it.
    Centre(i64),
    /// The radiologist who earns it.
    Radiologist(i64),
}

impl PriceOwner {
    /// From two ids of which one is given (contract S2-72).
    pub fn of(centre_id: Option<i64>, radiologist_id: Option<i64>) -> Result<Self> {
        match (centre_id, radiologist_id) {
            (Some(id), None) => Ok(Self::Centre(id)),
            (None, Some(id)) => Ok(Self::Radiologist(id)),
            _ => Err(Error::invalid(
                "centre",
                "INVALID_PRICE_OWNER",
                "A price is either of a centre or of a radiologist; name one of them",
            )),
        }
    }
}

pub struct NewPrice {
    pub owner: PriceOwner,
    pub modality: Modality,
    pub amount: Decimal,
    pub currency: Currency,
}

/// What is left out stays.
#[derive(Debug, Default)]
pub struct PriceUpdate {
    pub amount: Option<Decimal>,
    pub currency: Option<Currency>,
}

/// Contract S2-68, S2-69, S2-72. A second price of the same owner and modality is a conflict (`PRICE_EXISTS`).
pub async fn price_create(app: &App, ctx: &Context, new: NewPrice) -> Result<Model> {
    require(ctx, Action::PriceWrite)?;
    let amount_minor = minor(new.amount)?;
    let (centre_id, radiologist_id) = match new.owner {
        PriceOwner::Centre(id) => (Some(centres::find(app.db.reader(), id).await?.id), None),
        PriceOwner::Radiologist(id) => (None, Some(radiologist(app, id).await?)),
    };
    let now = Utc::now();
    let row = price::ActiveModel {
        centre_id: Set(centre_id),
        radiologist_id: Set(radiologist_id),
        modality: Set(new.modality.as_str().into()),
        amount_minor: Set(amount_minor),
        currency: Set(new.currency.as_str().into()),
        created_by_id: Set(ctx.user_id()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    row.insert(app.db.writer()).await.map_err(|error| {
        unique_or(error, |_| {
            Error::conflict("modality", "PRICE_EXISTS", "Pricing already exists for this modality")
        })
    })
}

/// Contract S2-71.
pub async fn price_update(app: &App, ctx: &Context, id: i64, update: PriceUpdate) -> Result<Model> {
    require(ctx, Action::PriceWrite)?;
    let amount_minor = update.amount.map(minor).transpose()?;
    let mut row = find(app, id).await?.into_active_model();
    if let Some(amount_minor) = amount_minor {
        row.amount_minor = Set(amount_minor);
    }
    if let Some(currency) = update.currency {
        row.currency = Set(currency.as_str().into());
    }
    row.updated_at = Set(Utc::now());
    Ok(row.update(app.db.writer()).await?)
}

async fn radiologist(app: &App, id: i64) -> Result<i64> {
    let found = user::Entity::find_by_id(id).one(app.db.reader()).await?;
    let found = found.filter(users::is_radiologist).ok_or(Error::NotFound("Radiologist"))?;
    Ok(found.id)
}

fn minor(amount: Decimal) -> Result<i64> {
    to_minor("amount", amount).map_err(|wrong| Error::Invalid(vec![wrong]))
}

async fn find(app: &App, id: i64) -> Result<Model> {
    Entity::find_by_id(id).one(app.db.reader()).await?.ok_or(Error::NotFound("Price"))
}

/// In the order in which they were made, of one centre or of all that the caller may see.
pub async fn price_list(
    app: &App,
    ctx: &Context,
    centre_id: Option<i64>,
    page: PageRequest<i64>,
) -> Result<Page<Model>> {
    let query = matching(require(ctx, Action::PriceRead)?, centre_id);
    let rows = keyset(query, [Column::Id], Order::Asc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

/// As `price_list`, by place.
pub async fn price_slice(app: &App, ctx: &Context, centre_id: Option<i64>, slice: Slice) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::PriceRead)?, centre_id);
    Ok(slice.of(query, Column::Id, Order::Asc).all(app.db.reader()).await?)
}

pub async fn price_count(app: &App, ctx: &Context, centre_id: Option<i64>) -> Result<u64> {
    let query = matching(require(ctx, Action::PriceRead)?, centre_id);
    Ok(query.count(app.db.reader()).await?)
}

/// For a DataLoader: those of the prices that the caller may see.
pub async fn prices_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::PriceRead)?, None);
    Ok(query.filter(Column::Id.is_in(ids.iter().copied())).all(app.db.reader()).await?)
}

/// For a DataLoader: the prices of these centres that the caller may see.
pub async fn prices_of_centres(app: &App, ctx: &Context, centre_ids: &[i64]) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::PriceRead)?, None);
    let query = query.filter(Column::CentreId.is_in(centre_ids.iter().copied()));
    Ok(query.all(app.db.reader()).await?)
}

/// What a study of the modality costs the centre.
pub(crate) async fn of_centre(c: &impl ConnectionTrait, centre_id: i64, modality: &str) -> Result<Option<Model>> {
    let query = Entity::find().filter(Column::CentreId.eq(centre_id)).filter(Column::Modality.eq(modality));
    Ok(query.one(c).await?)
}

/// What a study of the modality earns the radiologist.
pub(crate) async fn of_radiologist(
    c: &impl ConnectionTrait,
    radiologist_id: i64,
    modality: &str,
) -> Result<Option<Model>> {
    let query = Entity::find()
        .filter(Column::RadiologistId.eq(radiologist_id))
        .filter(Column::Modality.eq(modality));
    Ok(query.one(c).await?)
}

fn matching(reach: Reach, centre_id: Option<i64>) -> Select<Entity> {
    let query = Entity::find();
    let query = match reach {
        Reach::All => query,
        Reach::Centre(own) => query.filter(Column::CentreId.eq(own)),
        Reach::Own(own) => query.filter(Column::RadiologistId.eq(own)),
    };
    match centre_id {
        Some(centre_id) => query.filter(Column::CentreId.eq(centre_id)),
        None => query,
    }
}
