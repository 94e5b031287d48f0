//! Signing in and out.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::types::{Session, acting, app};
use crate::rates::Rates;
use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use domain::identity;
use std::sync::Arc;

#[derive(Default)]
pub struct SessionMutation;

/// Who signs in.
#[derive(InputObject)]
pub struct SessionCreateInput {
    /// User name or e-mail address.
    username: String,
    /// The password.
    #[graphql(secret)]
    password: String,
}

/// Which session goes on.
#[derive(InputObject)]
pub struct SessionRefreshInput {
    /// The refresh token of the last exchange. It is used up; using it twice ends the session.
    #[graphql(secret)]
    refresh_token: String,
}

/// Which session ends.
#[derive(InputObject)]
pub struct SessionEndInput {
    /// The refresh token of the session.
    #[graphql(secret)]
    refresh_token: String,
}

/// A new session, or why there is none.
#[derive(SimpleObject)]
pub struct SessionPayload {
    /// The session.
    session: Option<Session>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Whether a session was ended.
#[derive(SimpleObject)]
pub struct SessionEndPayload {
    /// False when there was none to end.
    ended: bool,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl SessionMutation {
    /// Signs in. Five failures in fifteen minutes lock the account for a while (code `RATE_LIMITED`).
    async fn session_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SessionCreateInput,
    ) -> Result<SessionPayload> {
        let session = async {
            let caller = acting(ctx)?;
            if let Some(rates) = ctx.data_opt::<Arc<Rates>>() {
                rates.signs_in(caller)?;
            }
            identity::session_create(app(ctx)?, caller, &input.username, &input.password).await
        };
        payload(session.await)
    }

    /// Exchanges a refresh token for a new session.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session goes on.")] input: SessionRefreshInput,
    ) -> Result<SessionPayload> {
        let session = async { identity::session_refresh(app(ctx)?, &input.refresh_token).await };
        match session.await {
            Err(domain::Error::Unauthenticated) => payload(Err(domain::Error::invalid(
                "refreshToken",
                "INVALID_TOKEN",
                "The refresh token is not valid any more; sign in again",
            ))),
            session => payload(session),
        }
    }

    /// Signs out: the session's refresh tokens end.
    async fn session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session ends.")] input: SessionEndInput,
    ) -> Result<SessionEndPayload> {
        let ended = async { identity::session_end(app(ctx)?, acting(ctx)?, &input.refresh_token).await };
        let (ended, user_errors) = outcome(ended.await)?;
        Ok(SessionEndPayload {
            ended: ended.unwrap_or(false),
            user_errors,
        })
    }
}

fn payload(session: domain::Result<identity::Session>) -> Result<SessionPayload> {
    let (session, user_errors) = outcome(session)?;
    Ok(SessionPayload {
        session: session.map(Session),
        user_errors,
    })
}
