//! `Statement`: what a centre was billed in a month.

use super::{Centre, acting, app, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::CentreId;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::billing::{self, StatementFormat};
use domain::rows;

pub struct Statement(pub rows::Statement);

/// What a centre was billed in a month (UTC): its invoices and credit notes, and their sums.
#[Object]
impl Statement {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Statement(self.0.uuid).into()
    }

    /// The centre.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        Ok(load(&loaders(ctx)?.centres, CentreId(self.0.centre_id)).await?.map(Centre))
    }

    /// The month, `YYYY-MM`.
    async fn month(&self) -> &str {
        &self.0.month
    }

    /// Whether the month was over when it was asked for last.
    async fn is_final(&self) -> bool {
        self.0.is_final
    }

    /// The time that its files tell of; none while they are made for the first time.
    async fn made_at(&self) -> Option<DateTime<Utc>> {
        self.0.made_at
    }

    /// A signed, expiring address of the PDF; none while a worker makes it.
    async fn pdf_url(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(billing::statement_url(app(ctx)?, acting(ctx)?, &self.0, StatementFormat::Pdf).map(|url| url.path))
    }

    /// A signed, expiring address of the CSV (RFC 4180); none while a worker makes it.
    async fn csv_url(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(billing::statement_url(app(ctx)?, acting(ctx)?, &self.0, StatementFormat::Csv).map(|url| url.path))
    }

    /// When it was first asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
