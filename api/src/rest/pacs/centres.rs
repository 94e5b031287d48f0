//! `/centres`: the diagnostic centres.

use super::PacsError;
use super::input::{Body, Params, path_number};
use super::lists::{naive, slice};
use super::users::Message;
use super::words::{Count, Flag, Text};
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::centres::{self, CentreInput};
use domain::{App, rows};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Request, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Diagnostic centres", summary);
    let one = |summary| operation(summary).answers::<CentreBody>();
    vec![
        RestRoute::new(Method::GET, "/centres", list)
            .described(operation("List centres").query::<CentreQuery>().answers::<Vec<CentreBody>>()),
        RestRoute::new(Method::POST, "/centres", create)
            .described(one("Create a centre").body::<NewCentre>().refuses(&[400])),
        RestRoute::new(Method::GET, "/centres/:centre_id", get).described(one("Get a centre")),
        RestRoute::new(Method::PATCH, "/centres/:centre_id", update)
            .described(one("Change a centre").body::<CentreChange>().refuses(&[400])),
        RestRoute::new(Method::PATCH, "/centres/:centre_id/deactivate", deactivate)
            .described(one("Deactivate a centre").description("Its users can no longer upload; its studies stay.")),
        RestRoute::new(Method::DELETE, "/centres/:centre_id", delete).described(
            operation("Delete a centre")
                .description("Refused when it has users, studies, prices or machines; deactivate it then.")
                .answers::<Message>()
                .refuses(&[400]),
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
struct CentreBody {
    id: i64,
    name: String,
    address: Option<String>,
    contact_email: Option<String>,
    contact_phone: Option<String>,
    is_active: bool,
    created_at: String,
}

impl From<rows::Centre> for CentreBody {
    fn from(centre: rows::Centre) -> Self {
        Self {
            id: centre.id,
            name: centre.name,
            address: centre.address,
            contact_email: centre.contact_email,
            contact_phone: centre.contact_phone,
            is_active: centre.is_active,
            created_at: naive(centre.created_at),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct CentreQuery {
    /// How many to leave out.
    skip: Option<Count>,
    /// How many at most: 100 when left out, never more than 1000.
    limit: Option<Count>,
    /// Only active, or only inactive ones.
    is_active: Option<Flag>,
}

/// `GET /centres` (S2-82).
#[handler]
async fn list(
    app: Data<&App>,
    Caller(ctx): Caller,
    Params(query): Params<CentreQuery>,
) -> Result<Json<Vec<CentreBody>>, PacsError> {
    let is_active = query.is_active.map(|flag| flag.0);
    let centres = centres::centre_slice(app.0, &ctx, is_active, slice(query.skip, query.limit)).await?;
    Ok(Json(centres.into_iter().map(Into::into).collect()))
}

/// `GET /centres/{centre_id}` (S2-83).
#[handler]
async fn get(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<CentreBody>, PacsError> {
    let id = path_number(request, "centre_id")?;
    Ok(Json(centres::centre_get(app.0, &ctx, id).await?.into()))
}

#[derive(Deserialize, JsonSchema)]
struct NewCentre {
    name: Text,
    address: Option<Text>,
    contact_email: Option<Text>,
    contact_phone: Option<Text>,
}

/// `POST /centres` (S2-81).
#[handler]
async fn create(
    app: Data<&App>,
    Caller(ctx): Caller,
    Body(new): Body<NewCentre>,
) -> Result<Json<CentreBody>, PacsError> {
    let input = CentreInput {
        name: Some(new.name.0),
        address: new.address.map(|text| text.0),
        contact_email: new.contact_email.map(|text| text.0),
        contact_phone: new.contact_phone.map(|text| text.0),
        ..Default::default()
    };
    Ok(Json(centres::centre_create(app.0, &ctx, input).await?.into()))
}

/// What is left out stays.
#[derive(Deserialize, JsonSchema)]
struct CentreChange {
    name: Option<Text>,
    address: Option<Text>,
    contact_email: Option<Text>,
    contact_phone: Option<Text>,
    is_active: Option<Flag>,
}

/// `PATCH /centres/{centre_id}` (S2-84).
#[handler]
async fn update(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    Body(change): Body<CentreChange>,
) -> Result<Json<CentreBody>, PacsError> {
    let id = path_number(request, "centre_id")?;
    let input = CentreInput {
        name: change.name.map(|text| text.0),
        address: change.address.map(|text| text.0),
        contact_email: change.contact_email.map(|text| text.0),
        contact_phone: change.contact_phone.map(|text| text.0),
        is_active: change.is_active.map(|flag| flag.0),
        ..Default::default()
    };
    Ok(Json(centres::centre_update(app.0, &ctx, id, input).await?.into()))
}

/// `PATCH /centres/{centre_id}/deactivate` (S2-85).
#[handler]
async fn deactivate(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<CentreBody>, PacsError> {
    let id = path_number(request, "centre_id")?;
    Ok(Json(centres::centre_deactivate(app.0, &ctx, id).await?.into()))
}

/// `DELETE /centres/{centre_id}` (S2-86).
#[handler]
async fn delete(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<Message>, PacsError> {
    let id = path_number(request, "centre_id")?;
    centres::centre_delete(app.0, &ctx, id).await?;
    Ok(Json(Message {
        message: "Centre deleted successfully",
    }))
}
