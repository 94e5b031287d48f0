//! `/auth`: tokens, and who one is.

use super::{PacsError, form};
use crate::caller::Caller;
use chrono::{DateTime, Utc};
use domain::{App, Context, identity, rows, users};
use poem::web::{Data, Json};
use poem::{FromRequest, Request, RequestBody, handler};
use serde::Serialize;

pub struct Credentials {
    username: String,
    password: String,
}

impl<'a> FromRequest<'a> for Credentials {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let credentials = async {
            let mut fields = form::fields(request, body).await?;
            Ok(Self {
                username: form::required(&mut fields, "username")?,
                password: form::required(&mut fields, "password")?,
            })
        };
        credentials.await.map_err(|error: domain::Error| PacsError::from(error).into())
    }
}

#[derive(Serialize)]
struct Token {
    access_token: String,
    token_type: &'static str,
}

/// `POST /auth/token` (S2-01, S2-02).
#[handler]
pub async fn token(app: Data<&App>, request: &Request, credentials: Credentials) -> Result<Json<Token>, PacsError> {
    let ctx: Context = crate::caller::anonymous(request);
    let (access_token, _) = identity::token_create(app.0, &ctx, &credentials.username, &credentials.password).await?;
    Ok(Json(Token {
        access_token,
        token_type: "bearer",
    }))
}

#[derive(Serialize)]
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

/// `GET /auth/me` (S2-06).
#[handler]
pub async fn me(app: Data<&App>, Caller(ctx): Caller) -> Result<Json<UserBody>, PacsError> {
    Ok(Json(users::user_self(app.0, &ctx).await?.into()))
}

/// Naive UTC with microseconds (contract X-29).
pub fn naive(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
