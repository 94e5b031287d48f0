//! `Session`: what a sign-in gives.

use super::User;
use async_graphql::Object;
use chrono::{DateTime, Utc};
use domain::identity;

pub struct Session(pub identity::Session);

/// A session: a short access token, and a refresh token that is good for one exchange.
#[Object]
impl Session {
    /// Sent as `Authorization: Bearer <token>`.
    async fn access_token(&self) -> &str {
        &self.0.access_token
    }

    /// Exchanged for a new session by `sessionRefresh`, once.
    async fn refresh_token(&self) -> &str {
        &self.0.refresh_token
    }

    /// When the access token ends.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// Who signed in.
    async fn user(&self) -> User {
        User(self.0.user.clone())
    }
}
