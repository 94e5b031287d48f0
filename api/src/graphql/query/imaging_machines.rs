//! Queries of imaging machines.

use crate::graphql::connection::{self, Of, Total};
use crate::graphql::errors::top_level;
use crate::graphql::ids;
use crate::graphql::types::{ImagingMachine, acting, app};
use async_graphql::{Context, ID, Object, Result};
use domain::imaging_machines;

#[derive(Default)]
pub struct ImagingMachineQuery;

#[Object]
impl ImagingMachineQuery {
    /// Scanners and gateways, in the order in which they were added. Centres see their own.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn imaging_machines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this centre.")] centre: Option<ID>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Of<i64, ImagingMachine>> {
        let request = connection::request(first, after, last, before)?;
        let page = async {
            let centre = centre.as_ref().map(ids::centre).transpose()?;
            let page = imaging_machines::machine_list(app(ctx)?, acting(ctx)?, centre, request).await?;
            Ok((page, centre))
        };
        let (page, centre) = page.await.map_err(top_level)?;
        let total = Total::ImagingMachines(centre);
        Ok(connection::connection(page, total, |row| row.id, ImagingMachine))
    }
}
