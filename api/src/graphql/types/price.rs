//! `Price`: what reading a study of one modality costs a centre, or earns a radiologist.

use super::{Centre, Currency, Decimal, Modality, User, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{CentreId, UserId};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{money, rows, studies};

pub struct Price(pub rows::Price);

/// What reading a study of one modality costs a centre, or earns a radiologist.
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

    /// The centre that pays it; none when it is a radiologist's.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        match self.0.centre_id {
            Some(id) => Ok(load(&loaders(ctx)?.centres, CentreId(id)).await?.map(Centre)),
            None => Ok(None),
        }
    }

    /// The radiologist who earns it; none when it is a centre's.
    async fn radiologist(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.0.radiologist_id {
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
            None => Ok(None),
        }
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
