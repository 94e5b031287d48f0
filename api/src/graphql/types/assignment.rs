//! `Assignment`: a time that a study got a radiologist.

use super::reading::ReadingLoad;
use super::{AssignmentMethod, LeftOut, User, acting, load, loaders};
use crate::graphql::errors::top_level;
use crate::graphql::loaders::UserId;
use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::{rows, studies};

pub struct Assignment(pub rows::Assignment);

/// A time that a study got a radiologist.
#[Object]
impl Assignment {
    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// To whom.
    async fn radiologist(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        user(ctx, Some(self.0.radiologist_id)).await
    }

    /// Who had it before, if anybody.
    async fn previous(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        user(ctx, self.0.previous_id).await
    }

    /// By whom, if the caller may see that user; null for the server.
    async fn assigned_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        user(ctx, self.0.assigned_by_id).await
    }

    /// By which way.
    async fn method(&self) -> Option<AssignmentMethod> {
        studies::AssignmentMethod::parse(&self.0.method).map(Into::into)
    }

    /// Why the server chose this radiologist; null for what people decided.
    async fn reason(&self) -> async_graphql::Result<Option<String>> {
        studies::assignment_reason(&self.0).map_err(top_level)
    }

    /// All radiologists that the server looked at, with what it saw; for administrators, null for others.
    async fn considered(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Vec<ConsideredRadiologist>>> {
        let considered = studies::assignment_considered(acting(ctx)?, &self.0).map_err(top_level)?;
        Ok(considered.map(|all| all.into_iter().map(ConsideredRadiologist).collect()))
    }

    /// When the study was given back, if it was.
    async fn released_at(&self) -> Option<DateTime<Utc>> {
        self.0.released_at
    }
}

pub struct ConsideredRadiologist(studies::Considered);

/// A radiologist as the server saw him when it gave a study away.
#[Object]
impl ConsideredRadiologist {
    /// Who.
    async fn radiologist(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        user(ctx, Some(self.0.radiologist_id)).await
    }

    /// What there was to read at that time.
    async fn load(&self) -> ReadingLoad {
        self.0.load.into()
    }

    /// The most open studies at that time.
    async fn max_open_studies(&self) -> i32 {
        self.0.max_open_studies
    }

    /// When a study was got the last time before.
    async fn last_assigned_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_assigned_at
    }

    /// Why the radiologist did not come into question; null for those who did.
    async fn left_out(&self) -> Option<LeftOut> {
        self.0.left_out.map(Into::into)
    }
}

async fn user(ctx: &Context<'_>, id: Option<i64>) -> async_graphql::Result<Option<User>> {
    match id {
        None => Ok(None),
        Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
    }
}
