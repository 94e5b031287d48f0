//! Queries of what is billed.

use crate::graphql::connection::{self, Of, Total};
use crate::graphql::errors::{found, top_level};
use crate::graphql::ids;
use crate::graphql::types::{Invoice, InvoiceStatus, Statement, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result};
use domain::{billing, studies};

#[derive(Default)]
pub struct BillingQuery;

/// Which invoices; what is left out matches everything.
#[derive(Default, InputObject)]
pub struct InvoiceFilter {
    /// Only of this centre.
    centre: Option<ID>,
    /// Id of the study, or its 8-character id.
    study: Option<ID>,
    /// What became of them.
    status: Option<InvoiceStatus>,
}

#[Object]
impl BillingQuery {
    /// An invoice.
    async fn invoice(&self, ctx: &Context<'_>, #[graphql(desc = "Its opaque id.")] id: ID) -> Result<Option<Invoice>> {
        let invoice = async { billing::invoice_find(app(ctx)?, acting(ctx)?, ids::invoice(&id)?).await };
        Ok(found(invoice.await)?.map(Invoice))
    }

    /// Invoices, the newest first. Centres see their own, radiologists none.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: InvoiceFilter,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, Invoice>> {
        let request = connection::request(first, after, last, before)?;
        let page = async {
            let study_id = match &filter.study {
                Some(id) => Some(studies::study_find(app(ctx)?, acting(ctx)?, &ids::study(id)?).await?.id),
                None => None,
            };
            let filter = billing::InvoiceFilter {
                centre_id: filter.centre.as_ref().map(ids::centre).transpose()?,
                study_id,
                status: filter.status.map(Into::into),
            };
            Ok((
                billing::invoice_list(app(ctx)?, acting(ctx)?, &filter, request).await?,
                filter,
            ))
        };
        let (page, filter) = page.await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Total::Invoices(filter),
            |row| row.id,
            Invoice,
        ))
    }

    /// Statements, the newest first. Centres see their own, radiologists none.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn statements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this centre.")] centre: Option<ID>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, Statement>> {
        let request = connection::request(first, after, last, before)?;
        let page = async {
            let centre = centre.as_ref().map(ids::centre).transpose()?;
            Ok((
                billing::statement_list(app(ctx)?, acting(ctx)?, centre, request).await?,
                centre,
            ))
        };
        let (page, centre) = page.await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Total::Statements(centre),
            |row| row.id,
            Statement,
        ))
    }
}
