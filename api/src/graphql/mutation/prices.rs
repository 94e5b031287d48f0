//! Prices.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{Currency, Decimal, Modality, Price, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::prices::{self, NewPrice, PriceOwner, PriceUpdate};
use domain::rows;

#[derive(Default)]
pub struct PriceMutation;

/// A new price.
#[derive(InputObject)]
pub struct PriceCreateInput {
    /// The centre that pays it; left out when a radiologist is named.
    centre: Option<ID>,
    /// The radiologist who earns it; left out when a centre is named.
    radiologist: Option<ID>,
    /// Kind of imaging; a centre or radiologist has one price for each.
    modality: Modality,
    /// From 0, with at most two decimals.
    amount: Decimal,
    /// Of the amount.
    #[graphql(default)]
    currency: Currency,
}

/// Changes of a price; what is left out stays.
#[derive(InputObject)]
pub struct PriceUpdateInput {
    /// Which price.
    id: ID,
    /// From 0, with at most two decimals.
    amount: Option<Decimal>,
    /// Of the amount.
    currency: Option<Currency>,
}

/// The price, or what to mend.
#[derive(SimpleObject)]
pub struct PricePayload {
    /// The price as it is now.
    price: Option<Price>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl PriceMutation {
    /// Sets the price of a modality for a centre or a radiologist that has none yet.
    async fn price_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new price.")] input: PriceCreateInput,
    ) -> Result<PricePayload> {
        let price = async {
            let new = NewPrice {
                owner: PriceOwner::of(
                    input.centre.as_ref().map(ids::centre).transpose()?,
                    input.radiologist.as_ref().map(ids::user).transpose()?,
                )?,
                modality: input.modality.into(),
                amount: input.amount.0,
                currency: input.currency.into(),
            };
            prices::price_create(app(ctx)?, acting(ctx)?, new).await
        };
        payload(price.await)
    }

    /// Changes a price.
    async fn price_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes of a price; what is left out stays.")] input: PriceUpdateInput,
    ) -> Result<PricePayload> {
        let update = PriceUpdate {
            amount: input.amount.map(|amount| amount.0),
            currency: input.currency.map(Into::into),
        };
        let price = async { prices::price_update(app(ctx)?, acting(ctx)?, ids::price(&input.id)?, update).await };
        payload(price.await)
    }
}

fn payload(price: domain::Result<rows::Price>) -> Result<PricePayload> {
    let (price, user_errors) = outcome(price)?;
    Ok(PricePayload {
        price: price.map(Price),
        user_errors,
    })
}
