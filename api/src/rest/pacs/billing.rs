//! `/billing`: the invoices of studies.

use super::PacsError;
use super::input::{Body, Params, path_number};
use super::lists::{money, naive, slice};
use super::words::{Amount, Choice, Count, Integer};
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::billing::{self, InvoiceFilter, InvoiceStatus};
use domain::money::Currency;
use domain::{App, rows};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Request, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Billing", summary);
    let one = |summary| operation(summary).answers::<InvoiceBody>();
    vec![
        RestRoute::new(Method::GET, "/billing", list)
            .described(operation("List billing records").query::<InvoiceQuery>().answers::<Vec<InvoiceBody>>()),
        RestRoute::new(Method::POST, "/billing", create)
            .described(one("Bill a study").body::<CreateInvoice>().refuses(&[400, 404])),
        RestRoute::new(Method::GET, "/billing/:billing_id", get).described(one("Get a billing record")),
        RestRoute::new(Method::PATCH, "/billing/:billing_id/status", set_status).described(
            one("Set the status of a billing record")
                .description("What was paid is cancelled by a credit note, and what is cancelled stays so.")
                .query::<StatusQuery>()
                .body::<StatusQuery>()
                .refuses(&[400]),
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
struct InvoiceBody {
    id: i64,
    study_id: i64,
    amount: f64,
    currency: String,
    status: String,
    invoice_number: String,
    invoice_date: String,
    created_at: String,
}

impl From<rows::Invoice> for InvoiceBody {
    fn from(invoice: rows::Invoice) -> Self {
        Self {
            id: invoice.id,
            study_id: invoice.study_id,
            amount: money(invoice.amount_minor),
            currency: invoice.currency,
            status: invoice.status,
            invoice_number: invoice.number,
            invoice_date: naive(invoice.created_at),
            created_at: naive(invoice.created_at),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct InvoiceQuery {
    /// How many to leave out.
    skip: Option<Count>,
    /// How many at most: 100 when left out, never more than 1000.
    limit: Option<Count>,
    /// Only records of this centre.
    centre_id: Option<Integer>,
    /// Only records with this status.
    status: Option<Choice<InvoiceStatus>>,
}

/// `GET /billing` (S2-76).
#[handler]
async fn list(
    app: Data<&App>,
    Caller(ctx): Caller,
    Params(query): Params<InvoiceQuery>,
) -> Result<Json<Vec<InvoiceBody>>, PacsError> {
    let filter = InvoiceFilter {
        centre_id: query.centre_id.map(|id| id.0),
        status: query.status.map(|status| status.0),
        ..Default::default()
    };
    let invoices = billing::invoice_slice(app.0, &ctx, &filter, slice(query.skip, query.limit)).await?;
    Ok(Json(invoices.into_iter().map(Into::into).collect()))
}

#[derive(Deserialize, JsonSchema)]
struct CreateInvoice {
    /// The number of the study.
    study_id: Integer,
    amount: Amount,
    /// `usd` when left out.
    currency: Option<Choice<Currency>>,
}

/// `POST /billing` (S2-73..75).
#[handler]
async fn create(
    app: Data<&App>,
    Caller(ctx): Caller,
    Body(new): Body<CreateInvoice>,
) -> Result<Json<InvoiceBody>, PacsError> {
    let (study, currency) = (new.study_id.0.to_string(), new.currency.map(|currency| currency.0));
    let invoice = billing::invoice_create(app.0, &ctx, &study, Some(new.amount.0), currency).await?;
    Ok(Json(invoice.into()))
}

/// `GET /billing/{billing_id}` (S2-77).
#[handler]
async fn get(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<InvoiceBody>, PacsError> {
    let id = path_number(request, "billing_id")?;
    Ok(Json(billing::invoice_get(app.0, &ctx, id).await?.into()))
}

#[derive(Deserialize, JsonSchema)]
struct StatusQuery {
    status: Option<Choice<InvoiceStatus>>,
}

/// `PATCH /billing/{billing_id}/status` (S2-78).
#[handler]
async fn set_status(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    Params(query): Params<StatusQuery>,
    Body(body): Body<StatusQuery>,
) -> Result<Json<InvoiceBody>, PacsError> {
    let id = path_number(request, "billing_id")?;
    let status = query
        .status
        .or(body.status)
        .ok_or_else(|| PacsError::malformed("query", "status", "field required", "value_error.missing"))?;
    Ok(Json(
        billing::invoice_status_set(app.0, &ctx, id, status.0, None).await?.into(),
    ))
}
