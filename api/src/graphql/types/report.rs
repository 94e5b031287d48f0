//! `Report`: what is said of a study, and the texts that it had.

use super::{
    ReportAddendum, ReportKeyImage, ReportLock, ReportSignature, ReportVersion, Study, User, acting, app, load, loaders,
};
use crate::graphql::connection::{self, Of, Total};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{
    AddendaOf, CountOf, Counted, DocumentOf, KeyImagesOf, LockOf, StudyId, UserId, VersionsOf,
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::page::Page;
use domain::{reports, rows};

pub struct Report(pub rows::Report);

/// What is said of a study: unverified until a radiologist answers for it, and unchangeable from then on.
#[Object]
impl Report {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Report(self.0.uuid).into()
    }

    /// The number by which the REST API knows the report.
    async fn number(&self) -> i64 {
        self.0.id
    }

    /// The study that it is about.
    async fn study(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Study>> {
        Ok(load(&loaders(ctx)?.studies, StudyId(self.0.study_id)).await?.map(Study))
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

    /// Of the text, counted from 1. Hand it back with a change or a verification: it says which text was seen.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Whether a program wrote it. A radiologist must read it before anybody relies on it.
    async fn is_ai_generated(&self) -> bool {
        self.0.is_ai_generated
    }

    /// Whether a radiologist answers for it.
    async fn is_verified(&self) -> bool {
        self.0.is_verified
    }

    /// When it was verified.
    async fn verified_at(&self) -> Option<DateTime<Utc>> {
        self.0.verified_at
    }

    /// Who verified it, if the caller may see that user.
    async fn verified_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        user(ctx, self.0.verified_by_id).await
    }

    /// SHA-256 of the verified text, lower-case hex: of findings, impression and report type in UTF-8, with a NUL between them.
    async fn content_hash(&self) -> Option<&str> {
        self.0.content_hash.as_deref()
    }

    /// Who wrote it first, if the caller may see that user.
    async fn created_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        user(ctx, self.0.created_by_id).await
    }

    /// Who wrote the present text, if the caller may see that user.
    async fn updated_by(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        user(ctx, self.0.updated_by_id).await
    }

    /// When it was first written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its text last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Who answers for it, and for which content of the study; null before it is verified.
    async fn signature(&self) -> Option<ReportSignature> {
        ReportSignature::of_report(&self.0)
    }

    /// A signed address of its PDF with all its addenda, good for some minutes; null until a worker has made it.
    async fn pdf_url(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        if !self.0.is_verified {
            return Ok(None);
        }
        let document = load(&loaders(ctx)?.documents, DocumentOf(self.0.id)).await?;
        let (app, acting) = (app(ctx)?, acting(ctx)?);
        Ok(document.map(|document| reports::document_url(app, acting, &self.0, &document).path))
    }

    /// Who edits it at the moment; null when nobody does.
    async fn lock(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ReportLock>> {
        Ok(load(&loaders(ctx)?.locks, LockOf(self.0.id)).await?.map(ReportLock))
    }

    /// What was added after it was verified, the first one first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn addenda(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, ReportAddendum>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.addenda_of, AddendaOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::Addenda, self.0.id));
        let study_id = self.0.study_id;
        Ok(connection::connection(
            page,
            total,
            |row| row.id,
            |row| ReportAddendum { row, study_id },
        ))
    }

    /// The frames that are shown with it, in the order in which they were chosen. They are settled when it is verified.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn key_images(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, ReportKeyImage>> {
        let request = connection::request(first, after, last, before)?;
        let key = KeyImagesOf(self.0.id, request);
        let page = load(&loaders(ctx)?.key_images_of, key).await?.unwrap_or_else(Page::empty);
        let total = Total::Within(CountOf(Counted::KeyImages, self.0.id));
        Ok(connection::connection(page, total, |row| row.id, ReportKeyImage))
    }

    /// Every text that it ever had, the present one first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, ReportVersion>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.versions_of, VersionsOf(self.0.id, request)).await?.unwrap_or_else(Page::empty);
        let total = Total::Known(self.0.version.into());
        Ok(connection::connection(page, total, |row| row.id, ReportVersion))
    }
}

pub async fn user(ctx: &Context<'_>, id: Option<i64>) -> async_graphql::Result<Option<User>> {
    match id {
        None => Ok(None),
        Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
    }
}
