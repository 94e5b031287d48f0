//! `User`: a person who signs in.

use super::{Centre, RadiologistReading, Role, acting, app, load, loaders};
use crate::graphql::errors::top_level;
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{CentreId, ReadingOf};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::context::{self, Identity};
use domain::{centres, rows};

pub struct User(pub rows::User);

/// A person who signs in.
#[Object]
impl User {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::User(self.0.id).into()
    }

    /// The number by which the REST API knows the user.
    async fn number(&self) -> i64 {
        self.0.id
    }

    /// The name to sign in with.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// E-mail address, also good to sign in with.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The name to show.
    async fn full_name(&self) -> &str {
        &self.0.full_name
    }

    /// Role in the PACS, if the user has one.
    async fn role(&self) -> Option<Role> {
        self.0.role.as_deref().and_then(context::Role::parse).map(Role::from)
    }

    /// The centre that the user belongs to, if any.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        let Some(id) = self.0.centre_id else { return Ok(None) };
        // Who is nobody gets a user only by signing in as that user.
        if matches!(acting(ctx)?.identity, Identity::Anonymous) {
            let centre = async { centres::centre_of_session(app(ctx)?, &self.0).await };
            return Ok(centre.await.map_err(top_level)?.map(Centre));
        }
        Ok(load(&loaders(ctx)?.centres, CentreId(id)).await?.map(Centre))
    }

    /// What a radiologist reads, when, and how much, if it was said; for the radiologist and for those who may assign studies.
    async fn reading(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<RadiologistReading>> {
        // Who is nobody gets a user only by signing in as that user.
        if matches!(acting(ctx)?.identity, Identity::Anonymous) {
            return Ok(None);
        }
        Ok(load(&loaders(ctx)?.reading_of, ReadingOf(self.0.id)).await?.map(RadiologistReading))
    }

    /// Whether the user may sign in.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
