//! `/billing/pricing`: what reading a study costs a centre, or earns a radiologist.

use super::PacsError;
use super::input::{Body, Params, path_number};
use super::lists::{money, naive, slice};
use super::words::{Amount, Choice, Count, Integer};
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::money::Currency;
use domain::prices::{self, NewPrice, PriceOwner, PriceUpdate};
use domain::studies::Modality;
use domain::{App, Error, rows};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Request, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Billing", summary);
    let one = |summary| operation(summary).answers::<PriceBody>();
    vec![
        RestRoute::new(Method::GET, "/billing/pricing", list)
            .described(operation("List prices").query::<PriceQuery>().answers::<Vec<PriceBody>>()),
        RestRoute::new(Method::POST, "/billing/pricing", create).described(
            one("Create a price")
                .description("Of a centre or of a radiologist: exactly one of `centre_id` and `radiologist_id`.")
                .body::<CreatePrice>()
                .refuses(&[400, 404]),
        ),
        RestRoute::new(Method::PATCH, "/billing/pricing/:pricing_id", update)
            .described(one("Change a price").body::<PriceChange>()),
    ]
}

#[derive(Serialize, JsonSchema)]
struct PriceBody {
    id: i64,
    centre_id: Option<i64>,
    /// Only at prices of radiologists.
    #[serde(skip_serializing_if = "Option::is_none")]
    radiologist_id: Option<i64>,
    modality: String,
    price: f64,
    currency: String,
    created_at: String,
}

impl From<rows::Price> for PriceBody {
    fn from(price: rows::Price) -> Self {
        Self {
            id: price.id,
            centre_id: price.centre_id,
            radiologist_id: price.radiologist_id,
            modality: price.modality,
            price: money(price.amount_minor),
            currency: price.currency,
            created_at: naive(price.created_at),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct PriceQuery {
    /// How many to leave out.
    skip: Option<Count>,
    /// How many at most: 100 when left out, never more than 1000.
    limit: Option<Count>,
    /// Only prices of this centre.
    centre_id: Option<Integer>,
}

/// `GET /billing/pricing` (S2-70).
#[handler]
async fn list(
    app: Data<&App>,
    Caller(ctx): Caller,
    Params(query): Params<PriceQuery>,
) -> Result<Json<Vec<PriceBody>>, PacsError> {
    let (centre, slice) = (query.centre_id.map(|id| id.0), slice(query.skip, query.limit));
    let prices = prices::price_slice(app.0, &ctx, centre, slice).await?;
    Ok(Json(prices.into_iter().map(Into::into).collect()))
}

#[derive(Deserialize, JsonSchema)]
struct CreatePrice {
    centre_id: Option<Integer>,
    radiologist_id: Option<Integer>,
    modality: Choice<Modality>,
    price: Amount,
    /// `usd` when left out.
    currency: Option<Choice<Currency>>,
}

/// `POST /billing/pricing` (S2-68, S2-69, S2-72).
#[handler]
async fn create(
    app: Data<&App>,
    Caller(ctx): Caller,
    Body(new): Body<CreatePrice>,
) -> Result<Json<PriceBody>, PacsError> {
    let owner = PriceOwner::of(new.centre_id.map(|id| id.0), new.radiologist_id.map(|id| id.0));
    let new = NewPrice {
        owner: owner.map_err(|_| {
            let message = "either centre_id or radiologist_id is required, and not both";
            PacsError::malformed("body", "centre_id", message, "value_error.missing")
        })?,
        modality: new.modality.0,
        amount: new.price.0,
        currency: new.currency.map_or(Currency::Usd, |currency| currency.0),
    };
    let price = prices::price_create(app.0, &ctx, new).await.map_err(|error| named(error, "price"))?;
    Ok(Json(price.into()))
}

/// What is left out stays.
#[derive(Deserialize, JsonSchema)]
struct PriceChange {
    price: Option<Amount>,
    currency: Option<Choice<Currency>>,
}

/// `PATCH /billing/pricing/{pricing_id}` (S2-71).
#[handler]
async fn update(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    Body(change): Body<PriceChange>,
) -> Result<Json<PriceBody>, PacsError> {
    let id = path_number(request, "pricing_id")?;
    let update = PriceUpdate {
        amount: change.price.map(|price| price.0),
        currency: change.currency.map(|currency| currency.0),
    };
    let price = prices::price_update(app.0, &ctx, id, update).await.map_err(|error| named(error, "price"))?;
    Ok(Json(price.into()))
}

/// What is wrong with the amount, under the name that this API gives it.
fn named(error: Error, name: &'static str) -> Error {
    let rename = |mut field: domain::error::FieldError| {
        if field.field == "amount" {
            field.message = field.message.replacen("amount", name, 1);
            field.field = name;
        }
        field
    };
    match error {
        Error::Invalid(fields) => Error::Invalid(fields.into_iter().map(rename).collect()),
        error => error,
    }
}
