//! Reports and prices, and what is known of those who read.

use super::Reader;
use async_graphql::dataloader::Loader;
use domain::radiologists::{self, Reading};
use domain::rows::{Price, Report};
use domain::{Error, prices, reports};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReportUuid(pub Uuid);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PriceId(pub i64);
/// The price of a modality for a centre.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PriceOf {
    pub centre_id: i64,
    pub modality: String,
}

impl Loader<ReportUuid> for Reader<ReportUuid> {
    type Value = Report;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ReportUuid]) -> Result<HashMap<ReportUuid, Report>, Arc<Error>> {
        let uuids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = reports::reports_by_uuid(&self.app, &self.ctx, &uuids).await?;
        Ok(rows.into_iter().map(|row| (ReportUuid(row.uuid), row)).collect())
    }
}

impl Loader<PriceId> for Reader<PriceId> {
    type Value = Price;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[PriceId]) -> Result<HashMap<PriceId, Price>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = prices::prices_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (PriceId(row.id), row)).collect())
    }
}

impl Loader<PriceOf> for Reader<PriceOf> {
    type Value = Price;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[PriceOf]) -> Result<HashMap<PriceOf, Price>, Arc<Error>> {
        let centres: HashSet<i64> = keys.iter().map(|key| key.centre_id).collect();
        let centres: Vec<i64> = centres.into_iter().collect();
        let rows = prices::prices_of_centres(&self.app, &self.ctx, &centres).await?;
        let key = |row: &Price| {
            Some(PriceOf {
                centre_id: row.centre_id?,
                modality: row.modality.clone(),
            })
        };
        Ok(rows.into_iter().filter_map(|row| Some((key(&row)?, row))).collect())
    }
}

/// What a radiologist reads, when, and how much.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReadingOf(pub i64);

impl Loader<ReadingOf> for Reader<ReadingOf> {
    type Value = Reading;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ReadingOf]) -> Result<HashMap<ReadingOf, Reading>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = radiologists::readings_by_user(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|(id, row)| (ReadingOf(id), row)).collect())
    }
}
