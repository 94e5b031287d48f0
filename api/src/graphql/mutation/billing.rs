//! Invoices and statements.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::loaders::JobId;
use crate::graphql::types::{Currency, Decimal, Invoice, InvoiceStatus, Job, Statement, acting, app, load, loaders};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{billing, rows};

#[derive(Default)]
pub struct BillingMutation;

/// Which study, and how much.
#[derive(InputObject)]
pub struct InvoiceCreateInput {
    /// Id of the study, or its 8-character id.
    study: ID,
    /// From 0, with at most two decimals; left out: the centre's price for the study's modality.
    amount: Option<Decimal>,
    /// Of the amount, US dollars when left out; without an amount only a price in this currency counts.
    currency: Option<Currency>,
}

/// Which invoice, and what became of it.
#[derive(InputObject)]
pub struct InvoiceStatusSetInput {
    /// Which invoice.
    id: ID,
    /// What became of it; what is cancelled stays cancelled.
    status: InvoiceStatus,
    /// Why; it is kept in the history, and printed on a credit note.
    reason: Option<String>,
}

/// Whose statement, of which month.
#[derive(InputObject)]
pub struct StatementCreateInput {
    /// The centre.
    centre: ID,
    /// The month (UTC), `YYYY-MM`.
    month: String,
}

/// The invoice, or what to mend.
#[derive(SimpleObject)]
pub struct InvoicePayload {
    /// The invoice as it is now.
    invoice: Option<Invoice>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// The statement, or what to mend.
#[derive(SimpleObject)]
pub struct StatementPayload {
    /// The statement as it is now.
    statement: Option<Statement>,
    /// The job that makes it; none when it is made already, and final.
    job: Option<Job>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl BillingMutation {
    /// Bills a study to its centre. A study has one invoice.
    async fn invoice_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study, and how much.")] input: InvoiceCreateInput,
    ) -> Result<InvoicePayload> {
        let amount = input.amount.map(|amount| amount.0);
        let currency = input.currency.map(Into::into);
        let invoice = async {
            billing::invoice_create(app(ctx)?, acting(ctx)?, &ids::study(&input.study)?, amount, currency).await
        };
        payload(invoice.await)
    }

    /// Says what became of an invoice. Cancelling one that was paid, or one of an earlier month, makes a credit note.
    async fn invoice_status_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invoice, and what became of it.")] input: InvoiceStatusSetInput,
    ) -> Result<InvoicePayload> {
        let invoice = async {
            let id = ids::invoice(&input.id)?;
            billing::invoice_status_set(app(ctx)?, acting(ctx)?, id, input.status.into(), input.reason).await
        };
        payload(invoice.await)
    }

    /// Has the statement of a month made. One of a month that is not over says so, and may be made again.
    async fn statement_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose statement, of which month.")] input: StatementCreateInput,
    ) -> Result<StatementPayload> {
        let made = async {
            billing::statement_create(app(ctx)?, acting(ctx)?, ids::centre(&input.centre)?, &input.month).await
        };
        let (made, user_errors) = outcome(made.await)?;
        let (statement, job) = made.unzip();
        let job = match job.flatten() {
            Some(id) => load(&loaders(ctx)?.jobs, JobId(id)).await?,
            None => None,
        };
        Ok(StatementPayload {
            statement: statement.map(Statement),
            job: job.map(Job),
            user_errors,
        })
    }
}

fn payload(invoice: domain::Result<rows::Invoice>) -> Result<InvoicePayload> {
    let (invoice, user_errors) = outcome(invoice)?;
    Ok(InvoicePayload {
        invoice: invoice.map(Invoice),
        user_errors,
    })
}
