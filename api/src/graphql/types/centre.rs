//! `Centre`: a diagnostic centre.

use crate::graphql::ids::GlobalId;
use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};
use domain::rows;

pub struct Centre(pub rows::Centre);

/// A diagnostic centre: the tenant that studies and users belong to.
#[Object]
impl Centre {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Centre(self.0.id).into()
    }

    /// The number by which the REST API knows the centre.
    async fn number(&self) -> i64 {
        self.0.id
    }

    /// Its name, unique.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it is.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// Where it reads mail.
    async fn contact_email(&self) -> Option<&str> {
        self.0.contact_email.as_deref()
    }

    /// Where it answers the telephone.
    async fn contact_phone(&self) -> Option<&str> {
        self.0.contact_phone.as_deref()
    }

    /// Users of an inactive centre cannot upload.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// Whether verifying a report bills its study.
    async fn auto_billing(&self) -> bool {
        self.0.auto_billing
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
