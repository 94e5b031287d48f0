//! Sessions of browsers: a signed token in a cookie, good until it expires, is signed out, or its user is deactivated.

use super::session::{acting, claims, end_family, record, sign_in};
use super::token::TokenType;
use crate::App;
use crate::audit::AuditKind;
use crate::context::{ActingUser, Context};
use crate::error::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{refresh_token, user};
use sea_orm::{ActiveValue::Set, EntityTrait};

#[derive(Debug, Clone)]
pub struct WebSession {
    pub token: String,
    pub expires_at: DateTime<Utc>,
    pub user: user::Model,
}

/// Signs in with user name or e-mail.
pub async fn web_session_create(app: &App, ctx: &Context, name: &str, password: &str) -> Result<WebSession> {
    let user = sign_in(app, ctx, name, password).await?;
    let expires = Utc::now() + TimeDelta::hours(app.config.session_hours);
    let claims = claims(&user, TokenType::Session, expires);
    // A family of one, so that signing out and deactivating end it as they end the others.
    let row = refresh_token::ActiveModel {
        id: Set(claims.jti),
        family: Set(claims.jti),
        user_id: Set(user.id),
        expires_at: Set(expires),
        used_at: Set(None),
        revoked_at: Set(None),
        created_at: Set(Utc::now()),
    };
    refresh_token::Entity::insert(row).exec_without_returning(app.db.writer()).await?;
    Ok(WebSession {
        token: app.tokens.sign(&claims)?,
        expires_at: expires,
        user,
    })
}

/// Whose session it is, asked of the database each time; an error when it has ended.
pub async fn web_session_find(app: &App, token: &str) -> Result<(ActingUser, DateTime<Utc>)> {
    let claims = app.tokens.verify(token, TokenType::Session)?;
    let found = refresh_token::Entity::find_by_id(claims.jti)
        .find_also_related(user::Entity)
        .one(app.db.reader())
        .await?;
    match found {
        Some((row, Some(user))) if row.revoked_at.is_none() && user.is_active && user.token_version == claims.ver => {
            Ok((acting(&user), row.expires_at))
        }
        _ => Err(Error::Unauthenticated),
    }
}

/// Signs out; a session that has ended is no error.
pub async fn web_session_end(app: &App, ctx: &Context, token: &str) -> Result<bool> {
    let Ok(claims) = app.tokens.verify(token, TokenType::Session) else {
        return Ok(false);
    };
    let ended = end_family(app.db.writer(), claims.jti).await?;
    if ended {
        let user = user::Entity::find_by_id(claims.user_id).one(app.db.reader()).await?;
        record(app, ctx, AuditKind::Logout, user.as_ref()).await?;
    }
    Ok(ended)
}
