//! Finding invoices, within what the caller may see.

use super::WHAT;
use super::status::InvoiceStatus;
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::money::{self, Currency};
use crate::page::{Lists, Page, PageRequest, Slice, keyset};
use crate::policy::{Action, Reach, require, require_in};
use crate::rows::{CreditNote, InvoiceChange};
use entity::invoice::{Column, Entity, Model};
use entity::invoice_change::Column as ChangeColumn;
use entity::{credit_note, invoice_change};
use rust_decimal::Decimal;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoSimpleExpr, Iterable, Order, PaginatorTrait, QueryFilter,
    QuerySelect, Select,
};
use std::collections::HashMap;
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
    given(ctx, [&invoice]);
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
    let page = Page::new(rows, &page);
    given(ctx, &page.items);
    Ok(page)
}

/// In the order in which they were made, by place (contract S2-76).
pub async fn invoice_slice(app: &App, ctx: &Context, filter: &InvoiceFilter, slice: Slice) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::InvoiceRead)?, filter);
    let rows = slice.of(query, Column::Id, Order::Asc).all(app.db.reader()).await?;
    given(ctx, &rows);
    Ok(rows)
}

/// An invoice names its study and the patient's id.
fn given<'a>(ctx: &Context, invoices: impl IntoIterator<Item = &'a Model>) {
    ctx.saw(
        AuditKind::InvoiceRead,
        invoices.into_iter().map(|invoice| invoice.study_id),
    );
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

/// For a DataLoader: those of the invoices that the caller may see.
pub async fn invoices_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::InvoiceRead)?, &InvoiceFilter::default());
    let rows = query.filter(Column::Uuid.is_in(uuids.iter().copied())).all(app.db.reader()).await?;
    given(ctx, &rows);
    Ok(rows)
}

/// For a DataLoader: the invoices of these studies that the caller may see.
pub async fn invoices_by_study(app: &App, ctx: &Context, study_ids: &[i64]) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::InvoiceRead)?, &InvoiceFilter::default());
    let rows = query.filter(Column::StudyId.is_in(study_ids.iter().copied())).all(app.db.reader()).await?;
    given(ctx, &rows);
    Ok(rows)
}

/// For a DataLoader: a page of the invoices of each of the centres, the newest first.
pub async fn invoices_by_centre(
    app: &App,
    ctx: &Context,
    centre_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<Model>>> {
    let rows = matching(require(ctx, Action::InvoiceRead)?, &InvoiceFilter::default());
    let lists = Lists {
        rows: rows.filter(Column::CentreId.is_in(centre_ids.iter().copied())),
        id: Column::Id,
        parent: Column::CentreId,
        keys: vec![Column::Id.into_simple_expr()],
        order: Order::Desc,
    };
    let of_centre = |invoice: &Model| invoice.centre_id;
    let pages = lists.pages(app.db.reader(), Column::iter(), request, of_centre).await?;
    given(ctx, pages.values().flat_map(|page| &page.items));
    Ok(pages)
}

/// For a DataLoader: how many invoices each of the centres has.
pub async fn invoice_counts_by_centre(app: &App, ctx: &Context, centre_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = matching(require(ctx, Action::InvoiceRead)?, &InvoiceFilter::default())
        .filter(Column::CentreId.is_in(centre_ids.iter().copied()))
        .select_only()
        .column(Column::CentreId)
        .column_as(Column::Id.count(), "invoices")
        .group_by(Column::CentreId);
    Ok(query.into_tuple::<(i64, i64)>().all(app.db.reader()).await?.into_iter().collect())
}

/// For a DataLoader: the credit notes of invoices that the caller has been given already.
pub async fn credit_notes_by_invoice(app: &App, invoice_ids: &[i64]) -> Result<Vec<CreditNote>> {
    let query = credit_note::Entity::find();
    let query = query.filter(credit_note::Column::InvoiceId.is_in(invoice_ids.iter().copied()));
    Ok(query.all(app.db.reader()).await?)
}

/// For a DataLoader: a page of what became of each of the invoices, which the caller has been given already, the latest first.
pub async fn changes_by_invoice(
    app: &App,
    invoice_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<InvoiceChange>>> {
    let lists = Lists {
        rows: invoice_change::Entity::find().filter(ChangeColumn::InvoiceId.is_in(invoice_ids.iter().copied())),
        id: ChangeColumn::Id,
        parent: ChangeColumn::InvoiceId,
        keys: vec![ChangeColumn::Id.into_simple_expr()],
        order: Order::Desc,
    };
    let of_invoice = |change: &InvoiceChange| change.invoice_id;
    lists.pages(app.db.reader(), ChangeColumn::iter(), request, of_invoice).await
}

/// For a DataLoader: how many statuses each of the invoices had.
pub async fn change_counts_by_invoice(app: &App, invoice_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = invoice_change::Entity::find()
        .filter(ChangeColumn::InvoiceId.is_in(invoice_ids.iter().copied()))
        .select_only()
        .column(ChangeColumn::InvoiceId)
        .column_as(ChangeColumn::Id.count(), "changes")
        .group_by(ChangeColumn::InvoiceId);
    Ok(query.into_tuple::<(i64, i64)>().all(app.db.reader()).await?.into_iter().collect())
}

/// What reading the study of an invoice earned.
#[derive(Debug, Clone, Copy)]
pub struct ReadingFee {
    pub radiologist_id: i64,
    pub amount: Decimal,
    pub currency: Currency,
}

/// What reading earned, for those who may see it; none when the radiologist had no price as the invoice was issued.
pub fn reading_fee(ctx: &Context, invoice: &Model) -> Option<ReadingFee> {
    let may = matches!(require(ctx, Action::ReadingFeeRead), Ok(Reach::All));
    may.then_some(())?;
    Some(ReadingFee {
        radiologist_id: invoice.radiologist_id?,
        amount: money::amount(invoice.reading_fee_minor?),
        currency: Currency::parse(invoice.reading_fee_currency.as_deref()?)?,
    })
}
