//! `ReportLock`: who edits a report at the moment.

use super::signature::name;
use super::{User, load, loaders};
use crate::graphql::loaders::UserId;
use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::rows;

pub struct ReportLock(pub rows::ReportLock);

/// Who edits a report at the moment: nobody else changes or verifies it until then.
#[Object]
impl ReportLock {
    /// Who, if the caller may see that user.
    async fn holder(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        Ok(load(&loaders(ctx)?.users, UserId(self.0.holder_id)).await?.map(User))
    }

    /// The name of who does.
    async fn holder_name(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        name(ctx, Some(self.0.holder_id)).await
    }

    /// Since when.
    async fn acquired_at(&self) -> DateTime<Utc> {
        self.0.acquired_at
    }

    /// When it ends by itself, unless it is acquired again.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}
