//! `/auth`: tokens, who one is, and new accounts.

use super::input::Body;
use super::users::UserBody;
use super::words::{Choice, Integer, Text};
use super::{PacsError, form};
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::context::Role;
use domain::users::{self, NewUser};
use domain::{App, Context, identity};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{FromRequest, Request, RequestBody, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Authentication", summary);
    vec![
        RestRoute::new(Method::POST, "/auth/token", token).described(
            operation("Get an access token")
                .open()
                .description("By user name or e-mail address. The token is good for half an hour unless the server is set otherwise.")
                .form::<Credentials>()
                .answers::<Token>()
                .refuses(&[401]),
        ),
        RestRoute::new(Method::GET, "/auth/me", me).described(operation("Who one is").answers::<UserBody>()),
        RestRoute::new(Method::POST, "/auth/register", register).described(
            operation("Register a user")
                .description("For administrators; managers of a centre may register its technicians and managers.")
                .body::<Registration>()
                .answers::<UserBody>()
                .refuses(&[400]),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
pub struct Credentials {
    username: Text,
    password: Text,
}

impl<'a> FromRequest<'a> for Credentials {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        form::read(request, body).await.map_err(Into::into)
    }
}

#[derive(Serialize, JsonSchema)]
struct Token {
    access_token: String,
    /// `bearer`.
    token_type: &'static str,
}

/// `POST /auth/token` (S2-01, S2-02).
#[handler]
async fn token(app: Data<&App>, request: &Request, credentials: Credentials) -> Result<Json<Token>, PacsError> {
    let ctx: Context = crate::caller::anonymous(request);
    let Credentials { username, password } = credentials;
    let (access_token, _) = identity::token_create(app.0, &ctx, &username.0, &password.0).await?;
    Ok(Json(Token {
        access_token,
        token_type: "bearer",
    }))
}

/// `GET /auth/me` (S2-06) and `GET /users/me` (S2-19).
#[handler]
pub async fn me(app: Data<&App>, Caller(ctx): Caller) -> Result<Json<UserBody>, PacsError> {
    Ok(Json(users::user_self(app.0, &ctx).await?.into()))
}

#[derive(Deserialize, JsonSchema)]
struct Registration {
    username: Text,
    email: Text,
    password: Text,
    full_name: Text,
    role: Choice<Role>,
    /// Needed for technicians and diagnostic_centre users.
    centre_id: Option<Integer>,
}

/// `POST /auth/register` (S2-07..10).
#[handler]
async fn register(
    app: Data<&App>,
    Caller(ctx): Caller,
    Body(new): Body<Registration>,
) -> Result<Json<UserBody>, PacsError> {
    let new = NewUser {
        username: new.username.0,
        email: new.email.0,
        full_name: new.full_name.0,
        password: new.password.0,
        role: new.role.0,
        centre_id: new.centre_id.map(|id| id.0),
    };
    Ok(Json(users::user_create(app.0, &ctx, new).await?.into()))
}
