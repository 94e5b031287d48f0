//! `/users`: the people who may sign in.

use super::input::{Body, Params, path_number};
use super::lists::{naive, slice};
use super::words::{Choice, Count, Flag, Text};
use super::{PacsError, auth};
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::context::Role;
use domain::users::{self, UserUpdate};
use domain::{App, rows};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Request, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Users", summary);
    let one = |summary| operation(summary).answers::<UserBody>();
    vec![
        RestRoute::new(Method::GET, "/users", list)
            .described(operation("List users").query::<UserQuery>().answers::<Vec<UserBody>>()),
        RestRoute::new(Method::GET, "/users/me", auth::me).described(one("Who one is")),
        RestRoute::new(Method::GET, "/users/:user_id", get).described(one("Get a user")),
        RestRoute::new(Method::PATCH, "/users/:user_id", update)
            .described(one("Change a user").body::<UserChange>().refuses(&[400])),
        RestRoute::new(Method::PATCH, "/users/:user_id/deactivate", deactivate).described(
            one("Deactivate a user")
                .description("Ends all sessions and tokens of the user at once.")
                .refuses(&[400]),
        ),
        RestRoute::new(Method::DELETE, "/users/:user_id", delete).described(
            operation("Delete a user")
                .description("Refused when anything in the archive names the user; deactivate the account then.")
                .answers::<Message>()
                .refuses(&[400]),
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
pub struct UserBody {
    id: i64,
    username: String,
    email: String,
    full_name: String,
    role: Option<String>,
    centre_id: Option<i64>,
    is_active: bool,
    created_at: String,
}

impl From<rows::User> for UserBody {
    fn from(user: rows::User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            full_name: user.full_name,
            role: user.role,
            centre_id: user.centre_id,
            is_active: user.is_active,
            created_at: naive(user.created_at),
        }
    }
}

/// What was done.
#[derive(Serialize, JsonSchema)]
pub struct Message {
    pub message: &'static str,
}

#[derive(Deserialize, JsonSchema)]
struct UserQuery {
    /// How many to leave out.
    skip: Option<Count>,
    /// How many at most: 100 when left out, never more than 1000.
    limit: Option<Count>,
    /// Only users of this role.
    role: Option<Choice<Role>>,
}

/// `GET /users` (S2-12..15).
#[handler]
async fn list(
    app: Data<&App>,
    Caller(ctx): Caller,
    Params(query): Params<UserQuery>,
) -> Result<Json<Vec<UserBody>>, PacsError> {
    let role = query.role.map(|role| role.0);
    let users = users::user_slice(app.0, &ctx, role, slice(query.skip, query.limit)).await?;
    Ok(Json(users.into_iter().map(Into::into).collect()))
}

/// `GET /users/{user_id}` (S2-16).
#[handler]
async fn get(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<UserBody>, PacsError> {
    let id = path_number(request, "user_id")?;
    Ok(Json(users::user_get(app.0, &ctx, id).await?.into()))
}

/// What is left out stays.
#[derive(Deserialize, JsonSchema)]
struct UserChange {
    email: Option<Text>,
    full_name: Option<Text>,
    is_active: Option<Flag>,
}

/// `PATCH /users/{user_id}` (S2-17).
#[handler]
async fn update(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    Body(change): Body<UserChange>,
) -> Result<Json<UserBody>, PacsError> {
    let id = path_number(request, "user_id")?;
    let update = UserUpdate {
        email: change.email.map(|text| text.0),
        full_name: change.full_name.map(|text| text.0),
        is_active: change.is_active.map(|flag| flag.0),
        ..Default::default()
    };
    Ok(Json(users::user_update(app.0, &ctx, id, update).await?.into()))
}

/// `PATCH /users/{user_id}/deactivate` (S2-18).
#[handler]
async fn deactivate(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<UserBody>, PacsError> {
    let id = path_number(request, "user_id")?;
    Ok(Json(users::user_deactivate(app.0, &ctx, id).await?.into()))
}

/// `DELETE /users/{user_id}` (S2-19).
#[handler]
async fn delete(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<Message>, PacsError> {
    let id = path_number(request, "user_id")?;
    users::user_delete(app.0, &ctx, id).await?;
    Ok(Json(Message {
        message: "User deleted successfully",
    }))
}
