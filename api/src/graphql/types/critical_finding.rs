//! `CriticalFinding`: what the centre must hear at once, and who heard it.

use super::signature::name;
use super::{CriticalSeverity, Report, Study, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{ReportId, StudyId};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::critical_findings::Severity;
use domain::rows;

pub struct CriticalFinding(pub rows::CriticalFinding);

/// What the centre must hear at once, and who heard it. It stays in the record also when it was withdrawn.
#[Object]
impl CriticalFinding {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::CriticalFinding(self.0.uuid).into()
    }

    /// The study that it was found in.
    async fn study(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Study>> {
        Ok(load(&loaders(ctx)?.studies, StudyId(self.0.study_id)).await?.map(Study))
    }

    /// The report that tells it, if one was named.
    async fn report(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Report>> {
        match self.0.report_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.reports_by_id, ReportId(id)).await?.map(Report)),
        }
    }

    /// What was found.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// How soon somebody must be told.
    async fn severity(&self) -> Option<CriticalSeverity> {
        Severity::parse(&self.0.severity).map(CriticalSeverity::from)
    }

    /// The name of who flagged it.
    async fn flagged_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        name(ctx, self.0.flagged_by_id).await
    }

    /// When it was flagged.
    async fn flagged_at(&self) -> DateTime<Utc> {
        self.0.flagged_at
    }

    /// The name of who acknowledged it for the centre.
    async fn acknowledged_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        name(ctx, self.0.acknowledged_by_id).await
    }

    /// When the centre acknowledged it; null while it waits.
    async fn acknowledged_at(&self) -> Option<DateTime<Utc>> {
        self.0.acknowledged_at
    }

    /// What was done, in the words of who acknowledged it.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// The name of who withdrew it.
    async fn withdrawn_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        name(ctx, self.0.withdrawn_by_id).await
    }

    /// When it was withdrawn.
    async fn withdrawn_at(&self) -> Option<DateTime<Utc>> {
        self.0.withdrawn_at
    }

    /// Why it was withdrawn.
    async fn withdrawal_reason(&self) -> Option<&str> {
        self.0.withdrawal_reason.as_deref()
    }

    /// Seconds from the flag until it was acknowledged or withdrawn, whichever came first, or until now.
    async fn waiting_seconds(&self) -> i64 {
        let ends = [self.0.acknowledged_at, self.0.withdrawn_at];
        let until = ends.into_iter().flatten().min().unwrap_or_else(Utc::now);
        (until - self.0.flagged_at).num_seconds().max(0)
    }
}
