//! `UsageDay`: what came in on one day.

use super::{Centre, Date, load, loaders};
use crate::graphql::loaders::CentreId;
use async_graphql::{Context, Object};
use domain::usage;

pub struct UsageDay(pub usage::UsageDay);

/// What came in for one centre on one day (UTC).
#[Object]
impl UsageDay {
    /// The day.
    async fn day(&self) -> Option<Date> {
        self.0.day.parse().ok().map(Date)
    }

    /// The centre.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        Ok(load(&loaders(ctx)?.centres, CentreId(self.0.centre_id)).await?.map(Centre))
    }

    /// Studies that received images.
    async fn studies(&self) -> i64 {
        self.0.studies
    }

    /// Images and other instances.
    async fn instances(&self) -> i64 {
        self.0.instances
    }

    /// Of the stored files.
    async fn bytes(&self) -> i64 {
        self.0.bytes
    }
}
