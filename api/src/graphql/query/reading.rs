//! Queries of what studies are read for: reports and prices.

use crate::graphql::connection::{self, Of, Total};
use crate::graphql::errors::{found, top_level};
use crate::graphql::ids;
use crate::graphql::types::{Modality, Price, Report, User, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result};
use domain::radiologists::{self, RadiologistFilter};
use domain::{prices, reports, studies};

#[derive(Default)]
pub struct ReadingQuery;

/// Which reports; what is left out matches everything.
#[derive(Default, InputObject)]
pub struct ReportFilter {
    /// Id of the study, or its 8-character id.
    study: Option<ID>,
    /// Only verified or only unverified ones.
    is_verified: Option<bool>,
}

#[Object]
impl ReadingQuery {
    /// A report.
    async fn report(&self, ctx: &Context<'_>, #[graphql(desc = "Its opaque id.")] id: ID) -> Result<Option<Report>> {
        let report = async { reports::report_find(app(ctx)?, acting(ctx)?, ids::report(&id)?).await };
        Ok(found(report.await)?.map(Report))
    }

    /// Reports, the newest first.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: ReportFilter,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, Report>> {
        let request = connection::request(first, after, last, before)?;
        let page = async {
            let study_id = match &filter.study {
                Some(id) => Some(studies::study_find(app(ctx)?, acting(ctx)?, &ids::study(id)?).await?.id),
                None => None,
            };
            let filter = reports::ReportFilter {
                study_id,
                is_verified: filter.is_verified,
            };
            Ok((
                reports::report_list(app(ctx)?, acting(ctx)?, &filter, request).await?,
                filter,
            ))
        };
        let (page, filter) = page.await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Total::Reports(filter),
            |row| row.id,
            Report,
        ))
    }

    /// Active radiologists, for those who may assign studies.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)]
    async fn radiologists(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those who take studies now, or only those who do not.")] available: Option<bool>,
        #[graphql(desc = "Only those who read it.")] modality: Option<Modality>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, User>> {
        let request = connection::request(first, after, last, before)?;
        let filter = RadiologistFilter {
            is_available: available,
            modality: modality.map(Into::into),
        };
        let page = async { radiologists::radiologist_list(app(ctx)?, acting(ctx)?, filter, request).await };
        let page = page.await.map_err(top_level)?;
        Ok(connection::connection(
            page,
            Total::Radiologists(filter),
            |row| row.id,
            User,
        ))
    }

    /// Prices, in the order in which they were made. Centres and radiologists see their own.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this centre.")] centre: Option<ID>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, Price>> {
        let request = connection::request(first, after, last, before)?;
        let page = async {
            let centre = centre.as_ref().map(ids::centre).transpose()?;
            Ok((
                prices::price_list(app(ctx)?, acting(ctx)?, centre, request).await?,
                centre,
            ))
        };
        let (page, centre) = page.await.map_err(top_level)?;
        Ok(connection::connection(page, Total::Prices(centre), |row| row.id, Price))
    }
}
