//! `/imaging-machines`: the scanners and gateways of centres (contract S2-87).

use super::PacsError;
use super::input::{Body, Params, path_number};
use super::lists::{naive, slice};
use super::users::Message;
use super::words::{Count, Flag, Integer, Text};
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::imaging_machines::{self, MachineInput};
use domain::{App, rows};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Request, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Imaging machines", summary);
    let one = |summary| operation(summary).answers::<MachineBody>();
    vec![
        RestRoute::new(Method::GET, "/imaging-machines", list)
            .described(operation("List machines").query::<MachineQuery>().answers::<Vec<MachineBody>>()),
        RestRoute::new(Method::POST, "/imaging-machines", create)
            .described(one("Add a machine").body::<NewMachine>().refuses(&[400, 404])),
        RestRoute::new(Method::GET, "/imaging-machines/:machine_id", get).described(one("Get a machine")),
        RestRoute::new(Method::PATCH, "/imaging-machines/:machine_id", update)
            .described(one("Change a machine").body::<MachineChange>().refuses(&[400])),
        RestRoute::new(Method::DELETE, "/imaging-machines/:machine_id", delete)
            .described(operation("Remove a machine").answers::<Message>()),
    ]
}

#[derive(Serialize, JsonSchema)]
struct MachineBody {
    id: i64,
    centre_id: i64,
    name: String,
    ip_address: Option<String>,
    port: Option<i32>,
    ae_title: Option<String>,
    description: Option<String>,
    is_active: bool,
    created_at: String,
}

impl From<rows::ImagingMachine> for MachineBody {
    fn from(machine: rows::ImagingMachine) -> Self {
        Self {
            id: machine.id,
            centre_id: machine.centre_id,
            name: machine.name,
            ip_address: machine.ip_address,
            port: machine.port,
            ae_title: machine.ae_title,
            description: machine.description,
            is_active: machine.is_active,
            created_at: naive(machine.created_at),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct MachineQuery {
    /// How many to leave out.
    skip: Option<Count>,
    /// How many at most: 100 when left out, never more than 1000.
    limit: Option<Count>,
    /// Only machines of this centre.
    centre_id: Option<Integer>,
}

#[handler]
async fn list(
    app: Data<&App>,
    Caller(ctx): Caller,
    Params(query): Params<MachineQuery>,
) -> Result<Json<Vec<MachineBody>>, PacsError> {
    let (centre, slice) = (query.centre_id.map(|id| id.0), slice(query.skip, query.limit));
    let machines = imaging_machines::machine_slice(app.0, &ctx, centre, slice).await?;
    Ok(Json(machines.into_iter().map(Into::into).collect()))
}

#[derive(Deserialize, JsonSchema)]
struct NewMachine {
    name: Text,
    /// Left out: one's own centre.
    centre_id: Option<Integer>,
    ip_address: Option<Text>,
    port: Option<Integer>,
    ae_title: Option<Text>,
    description: Option<Text>,
}

#[handler]
async fn create(
    app: Data<&App>,
    Caller(ctx): Caller,
    Body(new): Body<NewMachine>,
) -> Result<Json<MachineBody>, PacsError> {
    let centre = new.centre_id.map(|id| id.0);
    let input = MachineInput {
        name: Some(new.name.0),
        ip_address: new.ip_address.map(|text| text.0),
        port: new.port.map(|port| port.0),
        ae_title: new.ae_title.map(|text| text.0),
        description: new.description.map(|text| text.0),
        is_active: None,
    };
    Ok(Json(
        imaging_machines::machine_create(app.0, &ctx, centre, input).await?.into(),
    ))
}

#[handler]
async fn get(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<MachineBody>, PacsError> {
    let id = path_number(request, "machine_id")?;
    Ok(Json(imaging_machines::machine_get(app.0, &ctx, id).await?.into()))
}

/// What is left out stays.
#[derive(Deserialize, JsonSchema)]
struct MachineChange {
    name: Option<Text>,
    ip_address: Option<Text>,
    port: Option<Integer>,
    ae_title: Option<Text>,
    description: Option<Text>,
    is_active: Option<Flag>,
}

#[handler]
async fn update(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    Body(change): Body<MachineChange>,
) -> Result<Json<MachineBody>, PacsError> {
    let id = path_number(request, "machine_id")?;
    let update = MachineInput {
        name: change.name.map(|text| text.0),
        ip_address: change.ip_address.map(|text| text.0),
        port: change.port.map(|port| port.0),
        ae_title: change.ae_title.map(|text| text.0),
        description: change.description.map(|text| text.0),
        is_active: change.is_active.map(|flag| flag.0),
    };
    Ok(Json(
        imaging_machines::machine_update(app.0, &ctx, id, update).await?.into(),
    ))
}

#[handler]
async fn delete(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<Message>, PacsError> {
    let id = path_number(request, "machine_id")?;
    imaging_machines::machine_delete(app.0, &ctx, id).await?;
    Ok(Json(Message {
        message: "Imaging machine deleted successfully",
    }))
}
