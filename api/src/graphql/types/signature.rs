//! `ReportSignature`: who answers for a text, and for which content of the study.

use super::{User, load, loaders};
use crate::graphql::loaders::{ContentOf, UserId, UserName};
use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::rows;

/// Of a report or of an addendum.
pub struct ReportSignature {
    study_id: i64,
    signer_id: Option<i64>,
    signed_at: DateTime<Utc>,
    text_hash: String,
    study_hash: Option<String>,
    instances: Option<i32>,
    seal: Option<String>,
}

impl ReportSignature {
    /// None before the report is verified.
    pub fn of_report(report: &rows::Report) -> Option<Self> {
        Some(Self {
            study_id: report.study_id,
            signer_id: report.verified_by_id,
            signed_at: report.verified_at?,
            text_hash: report.content_hash.clone()?,
            study_hash: report.study_hash.clone(),
            instances: report.signed_instances,
            seal: report.seal.clone(),
        })
    }

    pub fn of_addendum(addendum: &rows::ReportAddendum, study_id: i64) -> Self {
        Self {
            study_id,
            signer_id: addendum.signed_by_id,
            signed_at: addendum.signed_at,
            text_hash: addendum.text_hash.clone(),
            study_hash: Some(addendum.study_hash.clone()),
            instances: Some(addendum.signed_instances),
            seal: Some(addendum.seal.clone()),
        }
    }
}

/// Who answers for a text, and for which content of the study. Hashes are SHA-256 in lower-case hex; docs/graphql.md says over what.
#[Object]
impl ReportSignature {
    /// Who signed, if the caller may see that user.
    async fn signer(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.signer_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
        }
    }

    /// The name of who signed.
    async fn signer_name(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        name(ctx, self.signer_id).await
    }

    /// When.
    async fn signed_at(&self) -> DateTime<Utc> {
        self.signed_at
    }

    /// Of the text: of a report its findings, impression and report type with a NUL between them.
    async fn text_hash(&self) -> &str {
        &self.text_hash
    }

    /// Of all files of the study as it was then; null for reports that were verified before signatures covered it.
    async fn study_hash(&self) -> Option<&str> {
        self.study_hash.as_deref()
    }

    /// How many files the study had then.
    async fn number_of_instances(&self) -> Option<i32> {
        self.instances
    }

    /// Of the seal before it, both hashes, the signer and the time: what chains addenda to their report.
    async fn seal(&self) -> Option<&str> {
        self.seal.as_deref()
    }

    /// Whether the study still has exactly the files that were signed; null where they were not.
    #[graphql(complexity = 20)]
    async fn is_study_unchanged(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<bool>> {
        let Some(signed) = &self.study_hash else {
            return Ok(None);
        };
        let now = load(&loaders(ctx)?.contents, ContentOf(self.study_id)).await?;
        Ok(Some(now.is_some_and(|now| now.hash == *signed)))
    }

    /// How many files came to the study after the signature, and are not covered by it; null where it covers none.
    #[graphql(complexity = 20)]
    async fn later_instances(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<i32>> {
        let Some(signed) = self.instances else { return Ok(None) };
        let now = load(&loaders(ctx)?.contents, ContentOf(self.study_id)).await?;
        Ok(Some(now.map_or(0, |now| now.instances.saturating_sub(signed).max(0))))
    }
}

/// The name of somebody whom a record names.
pub async fn name(ctx: &Context<'_>, id: Option<i64>) -> async_graphql::Result<Option<String>> {
    match id {
        None => Ok(None),
        Some(id) => load(&loaders(ctx)?.user_names, UserName(id)).await,
    }
}
