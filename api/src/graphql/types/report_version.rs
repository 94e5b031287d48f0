//! `ReportVersion`: a text that a report has or had, and what it changed.

use super::report::user;
use super::{ChangeKind, User, load, loaders};
use crate::graphql::errors::top_level;
use crate::graphql::loaders::VersionNumber;
use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{reports, rows};

pub struct ReportVersion(pub rows::ReportVersion);

/// A text that a report has or had.
#[Object]
impl ReportVersion {
    /// Counted from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What is seen.
    async fn findings(&self) -> &str {
        &self.0.findings
    }

    /// What is concluded.
    async fn impression(&self) -> &str {
        &self.0.impression
    }

    /// What kind of report it is, in its author's words.
    async fn report_type(&self) -> Option<&str> {
        self.0.report_type.as_deref()
    }

    /// Who wrote it, if the caller may see that user.
    async fn created_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        user(ctx, self.0.created_by_id).await
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What it changed of the text before; null for the first one.
    #[graphql(complexity = "100 + child_complexity")]
    async fn changes(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ReportChanges>> {
        let before = VersionNumber(self.0.report_id, self.0.version - 1);
        let Some(before) = load(&loaders(ctx)?.versions_by_number, before).await? else {
            return Ok(None);
        };
        let changes = reports::version_changes(before, self.0.clone()).await.map_err(top_level)?;
        Ok(Some(ReportChanges {
            findings: changes.findings.into_iter().map(TextChange::from).collect(),
            impression: changes.impression.into_iter().map(TextChange::from).collect(),
        }))
    }
}

/// What a text changed of the one before it, word by word; by lines where texts are long.
#[derive(SimpleObject)]
pub struct ReportChanges {
    /// Of what is seen.
    findings: Vec<TextChange>,
    /// Of what is concluded.
    impression: Vec<TextChange>,
}

/// A run of text. `SAME` and `ADDED` together are the new text, `SAME` and `REMOVED` the one before.
#[derive(SimpleObject)]
pub struct TextChange {
    /// What became of it.
    kind: ChangeKind,
    /// The text, with its spaces and line breaks.
    text: String,
}

impl From<reports::Change> for TextChange {
    fn from(change: reports::Change) -> Self {
        Self {
            kind: change.kind.into(),
            text: change.text,
        }
    }
}
