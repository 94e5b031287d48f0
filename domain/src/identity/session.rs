//! Sessions: a short access token and a chain of refresh tokens, each good for one exchange.
//!
//! Invariant: a refresh token that comes a second time was stolen, or its thief was first: its whole family ends.

use super::lockout::Attempt;
use super::password;
use super::token::{Claims, TokenType};
use crate::App;
use crate::audit::{About, AuditKind, Who};
use crate::context::{ActingUser, Context, Identity, Role};
use crate::error::{Error, Result};
use crate::events;
use chrono::{DateTime, TimeDelta, Utc};
use entity::{refresh_token, user};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Session {
    pub access_token: String,
    pub refresh_token: String,
    /// When the access token ends.
    pub expires_at: DateTime<Utc>,
    pub user: user::Model,
}

/// Who an access token belongs to, asked of the database each time, so that deactivation works at once (contract X-16).
pub async fn authenticate(app: &App, token: &str) -> Result<(ActingUser, DateTime<Utc>)> {
    let claims = app.tokens.verify(token, TokenType::Access)?;
    let user = user::Entity::find_by_id(claims.user_id).one(app.db.reader()).await?.ok_or(Error::Unauthenticated)?;
    if !user.is_active {
        return Err(Error::InactiveUser);
    }
    if user.token_version != claims.ver {
        return Err(Error::Unauthenticated);
    }
    let expires = DateTime::from_timestamp(claims.exp, 0).ok_or(Error::Unauthenticated)?;
    Ok((acting(&user), expires))
}

pub(super) fn acting(user: &user::Model) -> ActingUser {
    ActingUser {
        id: user.id,
        username: user.username.clone(),
        role: user.role.as_deref().and_then(Role::parse),
        centre_id: user.centre_id,
        token_version: user.token_version,
    }
}

/// An access token alone, for clients that know no refresh (contract S2-01).
pub async fn token_create(app: &App, ctx: &Context, name: &str, password: &str) -> Result<(String, user::Model)> {
    let user = sign_in(app, ctx, name, password).await?;
    let (token, _) = access_token(app, &user)?;
    Ok((token, user))
}

/// Signs in with user name or e-mail.
pub async fn session_create(app: &App, ctx: &Context, name: &str, password: &str) -> Result<Session> {
    let user = sign_in(app, ctx, name, password).await?;
    issue(app, app.db.writer(), user, Uuid::new_v4()).await
}

pub(super) async fn sign_in(app: &App, ctx: &Context, name: &str, password: &str) -> Result<user::Model> {
    let attempt = Attempt::new(name, ctx.remote);
    if name.contains('\0') {
        return Err(Error::BadCredentials);
    }
    attempt.check(app.db.reader()).await?;
    let name = name.trim().to_lowercase();
    let found = user::Entity::find()
        .filter(
            Condition::any()
                .add(Func::lower(Expr::col(user::Column::Username)).eq(&name))
                .add(Func::lower(Expr::col(user::Column::Email)).eq(&name)),
        )
        .one(app.db.reader())
        .await?;
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let fits = password.len() <= password::MAX_LENGTH;
    let right = password::verify(if fits { password.to_owned() } else { String::new() }, hash).await? && fits;
    match found {
        Some(user) if right && user.is_active => {
            attempt.check(app.db.writer()).await?;
            attempt.succeeded(&app.db).await?;
            record(app, ctx, AuditKind::Login, Some(&user)).await?;
            Ok(user)
        }
        other => {
            attempt.failed(&app.db).await?;
            record(app, ctx, AuditKind::LoginRefused, other.as_ref()).await?;
            Err(Error::BadCredentials)
        }
    }
}

/// Of an account that exists, or of none: a name that is no account's may be a password in the wrong field.
pub(super) async fn record(app: &App, ctx: &Context, kind: AuditKind, user: Option<&user::Model>) -> Result<()> {
    let user = match user {
        Some(user) => Identity::User(acting(user)),
        None => Identity::Anonymous,
    };
    let who = Who::of(&Context {
        identity: user,
        ..ctx.clone()
    });
    app.audit.record_of(app.db.writer(), &who, kind, About::default()).await
}

/// Exchanges a refresh token for a new pair.
pub async fn session_refresh(app: &App, token: &str) -> Result<Session> {
    let claims = app.tokens.verify(token, TokenType::Refresh)?;
    let tx = app.db.begin().await?;
    let now = Utc::now();
    let used = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, now.into())
        .filter(refresh_token::Column::Id.eq(claims.jti))
        .filter(refresh_token::Column::UsedAt.is_null())
        .filter(refresh_token::Column::RevokedAt.is_null())
        .exec(&tx)
        .await?;
    let row = refresh_token::Entity::find_by_id(claims.jti).one(&tx).await?.ok_or(Error::Unauthenticated)?;
    if used.rows_affected != 1 {
        end_family(&tx, row.family).await?;
        tx.commit().await?;
        return Err(Error::Unauthenticated);
    }
    let user = user::Entity::find_by_id(claims.user_id)
        .one(&tx)
        .await?
        .filter(|user| user.is_active && user.token_version == claims.ver)
        .ok_or(Error::Unauthenticated)?;
    let session = issue(app, &tx, user, row.family).await?;
    tx.commit().await?;
    Ok(session)
}

/// Signs out: the refresh token's family ends. An unknown or expired token ends nothing, and is no error.
pub async fn session_end(app: &App, ctx: &Context, token: &str) -> Result<bool> {
    let Ok(claims) = app.tokens.verify(token, TokenType::Refresh) else {
        return Ok(false);
    };
    let Some(row) = refresh_token::Entity::find_by_id(claims.jti).one(app.db.reader()).await? else {
        return Ok(false);
    };
    let user = user::Entity::find_by_id(row.user_id).one(app.db.reader()).await?;
    let ended = end_family(app.db.writer(), row.family).await?;
    if ended {
        record(app, ctx, AuditKind::Logout, user.as_ref()).await?;
    }
    Ok(ended)
}

pub(super) async fn end_family(c: &impl ConnectionTrait, family: Uuid) -> Result<bool> {
    let ended = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::RevokedAt, Utc::now().into())
        .filter(refresh_token::Column::Family.eq(family))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .exec(c)
        .await?;
    Ok(ended.rows_affected > 0)
}

/// In the caller's transaction: makes every token of a user useless and ends open subscriptions.
pub async fn revoke(tx: &impl ConnectionTrait, user_id: i64) -> Result<()> {
    user::Entity::update_many()
        .col_expr(user::Column::TokenVersion, Expr::col(user::Column::TokenVersion).add(1))
        .filter(user::Column::Id.eq(user_id))
        .exec(tx)
        .await?;
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::UserId.eq(user_id))
        .exec(tx)
        .await?;
    events::user_revoked(tx, user_id).await
}

async fn issue(app: &App, c: &impl ConnectionTrait, user: user::Model, family: Uuid) -> Result<Session> {
    let (access_token, expires_at) = access_token(app, &user)?;
    let expires = Utc::now() + TimeDelta::days(app.config.refresh_token_days);
    let claims = claims(&user, TokenType::Refresh, expires);
    let row = refresh_token::ActiveModel {
        id: Set(claims.jti),
        family: Set(family),
        user_id: Set(user.id),
        expires_at: Set(expires),
        used_at: Set(None),
        revoked_at: Set(None),
        created_at: Set(Utc::now()),
    };
    refresh_token::Entity::insert(row).exec_without_returning(c).await?;
    Ok(Session {
        access_token,
        refresh_token: app.tokens.sign(&claims)?,
        expires_at,
        user,
    })
}

fn access_token(app: &App, user: &user::Model) -> Result<(String, DateTime<Utc>)> {
    let expires = Utc::now() + TimeDelta::minutes(app.config.access_token_minutes);
    let token = app.tokens.sign(&claims(user, TokenType::Access, expires))?;
    Ok((token, expires))
}

pub(super) fn claims(user: &user::Model, token_type: TokenType, expires: DateTime<Utc>) -> Claims {
    Claims {
        sub: user.username.clone(),
        user_id: user.id,
        role: user.role.clone(),
        token_type,
        iat: Utc::now().timestamp(),
        exp: expires.timestamp(),
        jti: Uuid::new_v4(),
        ver: user.token_version,
    }
}

impl From<ActingUser> for Identity {
    fn from(user: ActingUser) -> Self {
        Self::User(user)
    }
}
