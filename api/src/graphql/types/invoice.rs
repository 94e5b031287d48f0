//! `Invoice`: what a centre owes for the reading of a study, and what became of it.

use super::{Centre, Currency, Decimal, InvoiceStatus, Modality, Study, User, acting, app, load, loaders};
use crate::graphql::connection::{self, Of, Total};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{CentreId, ChangesOf, CountOf, Counted, CreditNoteOf, StudyId, UserId};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::page::Page;
use domain::{billing, money, rows, studies};

pub struct Invoice(pub rows::Invoice);

/// What a centre owes for the reading of a study. It says what it said when it was issued, whatever becomes of centre, study and price;
/// only its status changes.
#[Object]
impl Invoice {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Invoice(self.0.uuid).into()
    }

    /// `INV` and 8 digits, consecutive in the order of issue.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Exact, with two decimals.
    async fn amount(&self) -> Decimal {
        Decimal(money::amount(self.0.amount_minor))
    }

    /// Of the amount.
    async fn currency(&self) -> Option<Currency> {
        money::Currency::parse(&self.0.currency).map(Currency::from)
    }

    /// What became of it.
    async fn status(&self) -> Option<InvoiceStatus> {
        billing::InvoiceStatus::parse(&self.0.status).map(InvoiceStatus::from)
    }

    /// The study that was read.
    async fn study(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Study>> {
        Ok(load(&loaders(ctx)?.studies, StudyId(self.0.study_id)).await?.map(Study))
    }

    /// The centre that is billed, as it is now.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        Ok(load(&loaders(ctx)?.centres, CentreId(self.0.centre_id)).await?.map(Centre))
    }

    /// The centre's name when it was issued.
    async fn centre_name(&self) -> &str {
        &self.0.centre_name
    }

    /// The centre's address when it was issued.
    async fn centre_address(&self) -> Option<&str> {
        self.0.centre_address.as_deref()
    }

    /// Kind of imaging of the study when it was issued.
    async fn modality(&self) -> Option<Modality> {
        studies::Modality::parse(&self.0.modality).map(Modality::from)
    }

    /// Patient ID (0010,0020) of the study when it was issued.
    async fn patient_reference(&self) -> Option<&str> {
        self.0.patient_reference.as_deref()
    }

    /// Every status that it had, the latest first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, InvoiceChange>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.changes_of, ChangesOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::InvoiceChanges, self.0.id));
        Ok(connection::connection(page, total, |row| row.id, InvoiceChange))
    }

    /// What takes it back, when it was cancelled after it was paid, or after its month.
    async fn credit_note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<CreditNote>> {
        Ok(load(&loaders(ctx)?.credit_note_of, CreditNoteOf(self.0.id)).await?.map(CreditNote))
    }

    /// A signed, expiring address of the PDF; none while a worker makes it.
    async fn pdf_url(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(billing::invoice_url(app(ctx)?, acting(ctx)?, &self.0).map(|url| url.path))
    }

    /// What reading the study earned; only for administrators, and none when the radiologist had no price for the modality.
    async fn reading_fee(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ReadingFee>> {
        Ok(billing::reading_fee(acting(ctx)?, &self.0).map(ReadingFee))
    }

    /// When it was issued.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its status last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

pub struct InvoiceChange(pub rows::InvoiceChange);

/// A status that an invoice came to.
#[Object]
impl InvoiceChange {
    /// The status before; none for the first.
    async fn before(&self) -> Option<InvoiceStatus> {
        let before = self.0.from_status.as_deref().and_then(billing::InvoiceStatus::parse);
        before.map(InvoiceStatus::from)
    }

    /// The status that it came to.
    async fn status(&self) -> Option<InvoiceStatus> {
        billing::InvoiceStatus::parse(&self.0.to_status).map(InvoiceStatus::from)
    }

    /// Why, in the words of whoever did it.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Who did it, if the caller may see that user.
    async fn by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.0.user_id {
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
            None => Ok(None),
        }
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

pub struct CreditNote(pub rows::CreditNote);

/// What takes back an invoice that counted already.
#[Object]
impl CreditNote {
    /// `CRN` and 8 digits, consecutive in the order of issue.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The invoice's amount, negative.
    async fn amount(&self) -> Decimal {
        Decimal(money::amount(self.0.amount_minor))
    }

    /// Of the amount.
    async fn currency(&self) -> Option<Currency> {
        money::Currency::parse(&self.0.currency).map(Currency::from)
    }

    /// Why the invoice was cancelled.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// A signed, expiring address of the PDF; none while a worker makes it.
    async fn pdf_url(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(billing::credit_note_url(app(ctx)?, acting(ctx)?, &self.0).map(|url| url.path))
    }

    /// When it was issued.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

pub struct ReadingFee(pub billing::ReadingFee);

/// What reading a study earned, by the radiologist's price when the invoice was issued.
#[Object]
impl ReadingFee {
    /// Who earned it.
    async fn radiologist(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        Ok(load(&loaders(ctx)?.users, UserId(self.0.radiologist_id)).await?.map(User))
    }

    /// Exact, with two decimals.
    async fn amount(&self) -> Decimal {
        Decimal(self.0.amount)
    }

    /// Of the amount.
    async fn currency(&self) -> Currency {
        self.0.currency.into()
    }
}
