//! `Price`: what reading a study of one modality costs a centre.

use super::{Centre, Currency, Decimal, Modality, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::CentreId;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{money, rows, studies};

pub struct Price(pub rows::Price);

/// What reading a study of one modality costs a centre.
#[Object]
impl Price {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Price(self.0.id).into()
    }

    /// The number by which the REST API knows the price.
    async fn number(&self) -> i64 {
        self.0.id
    }

    /// The centre that pays it.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        Ok(load(&loaders(ctx)?.centres, CentreId(self.0.centre_id)).await?.map(Centre))
    }

    /// Kind of imaging.
    async fn modality(&self) -> Option<Modality> {
        studies::Modality::parse(&self.0.modality).map(Modality::from)
    }

    /// Exact, with two decimals.
    async fn amount(&self) -> Decimal {
        Decimal(money::amount(self.0.amount_minor))
    }

    /// Of the amount.
    async fn currency(&self) -> Option<Currency> {
        money::Currency::parse(&self.0.currency).map(Currency::from)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
