//! Invoices and statements, and what belongs to them.

use super::Reader;
use super::pages::by_page;
use async_graphql::dataloader::Loader;
use domain::page::{Page, PageRequest};
use domain::rows::{CreditNote, Invoice, InvoiceChange, Statement};
use domain::{Error, billing};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InvoiceUuid(pub Uuid);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatementUuid(pub Uuid);
/// The invoice of a study.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InvoiceOf(pub i64);
/// The credit note of an invoice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CreditNoteOf(pub i64);
/// The invoices of a centre.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct InvoicesOf(pub i64, pub PageRequest<i64>);
/// The statuses of an invoice.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ChangesOf(pub i64, pub PageRequest<i64>);

impl Loader<InvoiceUuid> for Reader<InvoiceUuid> {
    type Value = Invoice;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[InvoiceUuid]) -> Result<HashMap<InvoiceUuid, Invoice>, Arc<Error>> {
        let uuids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = billing::invoices_by_uuid(&self.app, &self.ctx, &uuids).await?;
        Ok(rows.into_iter().map(|row| (InvoiceUuid(row.uuid), row)).collect())
    }
}

impl Loader<StatementUuid> for Reader<StatementUuid> {
    type Value = Statement;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[StatementUuid]) -> Result<HashMap<StatementUuid, Statement>, Arc<Error>> {
        let uuids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = billing::statements_by_uuid(&self.app, &self.ctx, &uuids).await?;
        Ok(rows.into_iter().map(|row| (StatementUuid(row.uuid), row)).collect())
    }
}

impl Loader<InvoiceOf> for Reader<InvoiceOf> {
    type Value = Invoice;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[InvoiceOf]) -> Result<HashMap<InvoiceOf, Invoice>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = billing::invoices_by_study(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (InvoiceOf(row.study_id), row)).collect())
    }
}

impl Loader<CreditNoteOf> for Reader<CreditNoteOf> {
    type Value = CreditNote;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[CreditNoteOf]) -> Result<HashMap<CreditNoteOf, CreditNote>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = billing::credit_notes_by_invoice(&self.app, &ids).await?;
        Ok(rows.into_iter().map(|row| (CreditNoteOf(row.invoice_id), row)).collect())
    }
}

impl Loader<InvoicesOf> for Reader<InvoicesOf> {
    type Value = Page<Invoice>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[InvoicesOf]) -> Result<HashMap<InvoicesOf, Page<Invoice>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = billing::invoices_by_centre(&self.app, &self.ctx, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (InvoicesOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<ChangesOf> for Reader<ChangesOf> {
    type Value = Page<InvoiceChange>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ChangesOf]) -> Result<HashMap<ChangesOf, Page<InvoiceChange>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = billing::changes_by_invoice(&self.app, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (ChangesOf(parent, page), list)));
        }
        Ok(all)
    }
}
