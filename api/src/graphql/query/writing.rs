//! Queries of what reports are written with: templates and macros.

use crate::graphql::connection::{self, Of, Total};
use crate::graphql::errors::top_level;
use crate::graphql::ids;
use crate::graphql::types::{ExpandedText, Modality, ReportMacro, ReportTemplate, acting, app};
use async_graphql::{Context, ID, Object, Result};
use domain::reports::{self, TemplateFor, TemplateKey};

#[derive(Default)]
pub struct WritingQuery;

#[Object]
impl WritingQuery {
    /// Templates for reports, what fits best first: those that all have and one's own.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn report_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Those that fit this study: its modality, its centre, and the body part that its series or description name."
        )]
        study: Option<ID>,
        #[graphql(desc = "Those for this kind of imaging, where no study is named.")] modality: Option<Modality>,
        #[graphql(desc = "Those for this body part first, where no study is named.")] body_part: Option<String>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<TemplateKey, ReportTemplate>> {
        let request = connection::request(first, after, last, before)?;
        let page = async {
            let wanted = match &study {
                Some(id) => TemplateFor::study(app(ctx)?, acting(ctx)?, &ids::study(id)?).await?,
                None => TemplateFor::of(modality.map(Into::into), body_part.as_deref())?,
            };
            let page = reports::report_template_list(app(ctx)?, acting(ctx)?, &wanted, request).await?;
            Ok((page, wanted))
        };
        let (page, wanted) = page.await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Total::Templates(wanted),
            |(key, _)| *key,
            |(_, row)| ReportTemplate(row),
        ))
    }

    /// Macros, in the order in which they were made: those that all have and one's own.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn report_macros(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, ReportMacro>> {
        let request = connection::request(first, after, last, before)?;
        let page = async { reports::report_macro_list(app(ctx)?, acting(ctx)?, request).await };
        let page = page.await.map_err(top_level)?;
        Ok(connection::connection(page, Total::Macros, |row| row.id, ReportMacro))
    }

    /// A text with its placeholders and macros filled in for a study. Nothing is kept.
    #[graphql(complexity = "20 + child_complexity")]
    async fn report_text_expand(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the study, or its 8-character id.")] study: ID,
        #[graphql(desc = "The text; at most 64 KiB.")] text: String,
    ) -> Result<ExpandedText> {
        let expanded = async {
            let study = ids::study(&study)?;
            reports::report_text_expand(app(ctx)?, acting(ctx)?, &study, &text).await
        };
        Ok(expanded.await.map_err(top_level)?.into())
    }
}
