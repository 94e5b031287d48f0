//! `WorkerToken`: what lets a worker outside the server claim jobs.

use super::{Centre, JobKind, User, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{CentreId, UserId};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{rows, worker_tokens};

pub struct WorkerToken(pub rows::WorkerToken);

/// What lets a worker outside the server claim jobs. The token itself is told once, when it is made.
#[Object]
impl WorkerToken {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::WorkerToken(self.0.id).into()
    }

    /// The number by which the command line knows the token.
    async fn number(&self) -> i64 {
        self.0.id
    }

    /// Its name, unique among the tokens that were not revoked.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it may claim.
    async fn kinds(&self) -> Vec<JobKind> {
        worker_tokens::kinds_of(&self.0).into_iter().map(JobKind::from).collect()
    }

    /// The only centre whose jobs it may claim; none: those of all.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        match self.0.centre_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.centres, CentreId(id)).await?.map(Centre)),
        }
    }

    /// Who made it; none: the command line.
    async fn created_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.0.created_by_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
        }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it ends; none: it is good until it is revoked.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// When a worker last came with it, to the minute.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}
