//! `Centre`: a diagnostic centre.

use super::{Invoice, load, loaders};
use crate::graphql::connection::{self, Of, Total};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{CountOf, Counted, InvoicesOf};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::page::Page;
use domain::rows;
use domain::studies::{Urgency, target_minutes};

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

    /// Whether software analyses what is uploaded.
    async fn auto_analyze(&self) -> bool {
        self.0.auto_analyze
    }

    /// What it was billed, the newest first; as far as the caller may see it.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, Invoice>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.invoices_of, InvoicesOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Invoices, self.0.id));
        Ok(connection::connection(page, total, |row| row.id, Invoice))
    }

    /// Whether the server gives its studies to radiologists.
    async fn auto_assign(&self) -> bool {
        self.0.auto_assign
    }

    /// Minutes from upload to verification, for each urgency.
    async fn target_minutes(&self) -> TargetMinutes {
        let of = |urgency| target_minutes(&self.0, urgency);
        TargetMinutes {
            emergency: of(Urgency::Emergency),
            urgent: of(Urgency::Urgent),
            priority: of(Urgency::Priority),
            routine: of(Urgency::Routine),
        }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Minutes from upload to verification, for each urgency.
#[derive(SimpleObject)]
pub struct TargetMinutes {
    /// Of emergencies.
    emergency: i32,
    /// Of urgent studies.
    urgent: i32,
    /// Of studies with priority.
    priority: i32,
    /// Of all others.
    routine: i32,
}
