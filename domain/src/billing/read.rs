//! Finding invoices, within what the caller may see.

use super::WHAT;
use super::status::InvoiceStatus;
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, Slice, keyset};
use crate::policy::{Action, Reach, require, require_in};
use entity::invoice::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

/// Which invoices; empty fields match everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct InvoiceFilter {
    pub centre_id: Option<i64>,
    pub study_id: Option<i64>,
    pub status: Option<InvoiceStatus>,
}

/// What an invoice is known by: the number of its row in the REST API, the uuid elsewhere.
#[derive(Debug, Clone, Copy)]
pub enum InvoiceKey {
    Id(i64),
    Uuid(Uuid),
}

impl From<i64> for InvoiceKey {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

impl From<Uuid> for InvoiceKey {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

pub(super) async fn by_key(c: &impl ConnectionTrait, key: InvoiceKey) -> Result<Model> {
    let query = match key {
        InvoiceKey::Id(id) => Entity::find_by_id(id),
        InvoiceKey::Uuid(uuid) => Entity::find().filter(Column::Uuid.eq(uuid)),
    };
    query.one(c).await?.ok_or(Error::NotFound(WHAT))
}

/// Contract S2-77.
pub async fn invoice_get(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    find(app, ctx, id.into()).await
}

pub async fn invoice_find(app: &App, ctx: &Context, uuid: Uuid) -> Result<Model> {
    find(app, ctx, uuid.into()).await
}

async fn find(app: &App, ctx: &Context, key: InvoiceKey) -> Result<Model> {
    require(ctx, Action::InvoiceRead)?;
    let invoice = by_key(app.db.reader(), key).await?;
    require_in(ctx, Action::InvoiceRead, Some(invoice.centre_id), WHAT)?;
    Ok(invoice)
}

/// The newest first.
pub async fn invoice_list(
    app: &App,
    ctx: &Context,
    filter: &InvoiceFilter,
    page: PageRequest<i64>,
) -> Result<Page<Model>> {
    let query = matching(require(ctx, Action::InvoiceRead)?, filter);
    let rows = keyset(query, [Column::Id], Order::Desc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

/// In the order in which they were made, by place (contract S2-76).
pub async fn invoice_slice(app: &App, ctx: &Context, filter: &InvoiceFilter, slice: Slice) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::InvoiceRead)?, filter);
    Ok(slice.of(query, Column::Id, Order::Asc).all(app.db.reader()).await?)
}

pub async fn invoice_count(app: &App, ctx: &Context, filter: &InvoiceFilter) -> Result<u64> {
    let query = matching(require(ctx, Action::InvoiceRead)?, filter);
    Ok(query.count(app.db.reader()).await?)
}

pub(super) fn matching(reach: Reach, filter: &InvoiceFilter) -> Select<Entity> {
    let mut query = match reach {
        Reach::All => Entity::find(),
        Reach::Centre(own) => Entity::find().filter(Column::CentreId.eq(own)),
        // No invoice is a radiologist's.
        Reach::Own(_) => Entity::find().filter(Column::Id.is_null()),
    };
    if let Some(centre_id) = filter.centre_id {
        query = query.filter(Column::CentreId.eq(centre_id));
    }
    if let Some(study_id) = filter.study_id {
        query = query.filter(Column::StudyId.eq(study_id));
    }
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status.as_str()));
    }
    query
}
