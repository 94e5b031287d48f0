//! The audit trail.

use crate::graphql::connection::{self, Of, Total};
use crate::graphql::errors::top_level;
use crate::graphql::ids;
use crate::graphql::types::{AuditEvent, AuditKind, AuditOutcome, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use domain::audit;
use uuid::Uuid;

#[derive(Default)]
pub struct AuditQuery;

/// Which events; what is left out matches everything.
#[derive(Default, InputObject)]
pub struct AuditFilter {
    /// About this study: its id, or its 8-character id.
    study: Option<ID>,
    /// Done by this user.
    user: Option<ID>,
    /// From this moment on.
    since: Option<DateTime<Utc>>,
    /// Before this moment.
    until: Option<DateTime<Utc>>,
    /// What was done.
    kind: Option<AuditKind>,
    /// Whether it was granted.
    outcome: Option<AuditOutcome>,
}

impl AuditFilter {
    fn parse(self) -> domain::Result<audit::AuditFilter> {
        Ok(audit::AuditFilter {
            study: self.study.as_ref().map(ids::study).transpose()?,
            user_id: self.user.as_ref().map(ids::user).transpose()?,
            since: self.since,
            until: self.until,
            kind: self.kind.map(Into::into),
            outcome: self.outcome.map(Into::into),
        })
    }
}

#[Object]
impl AuditQuery {
    /// Who saw and changed what, the newest first. Administrators see all of it, managers of a centre what was done with its studies.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: AuditFilter,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<Uuid, AuditEvent>> {
        let request = connection::request(first, after, last, before)?;
        let page = async {
            let filter = filter.parse()?;
            Ok((
                audit::audit_list(app(ctx)?, acting(ctx)?, &filter, request).await?,
                filter,
            ))
        };
        let (page, filter) = page.await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Total::AuditEvents(filter),
            |row| row.id,
            AuditEvent,
        ))
    }
}
