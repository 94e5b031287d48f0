//! Analyses, and the series that they are of.

use super::Reader;
use super::pages::by_page;
use async_graphql::dataloader::Loader;
use domain::page::{Page, PageRequest};
use domain::rows::{Analysis, Series};
use domain::{Error, analyses, studies};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnalysisUuid(pub Uuid);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesId(pub i64);
/// The analyses of a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AnalysesOf(pub i64, pub PageRequest<i64>);

impl Loader<AnalysisUuid> for Reader<AnalysisUuid> {
    type Value = Analysis;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AnalysisUuid]) -> Result<HashMap<AnalysisUuid, Analysis>, Arc<Error>> {
        let uuids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = analyses::analyses_by_uuid(&self.app, &self.ctx, &uuids).await?;
        Ok(rows.into_iter().map(|row| (AnalysisUuid(row.uuid), row)).collect())
    }
}

impl Loader<SeriesId> for Reader<SeriesId> {
    type Value = Series;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[SeriesId]) -> Result<HashMap<SeriesId, Series>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = studies::series_by_id(&self.app, &ids).await?;
        Ok(rows.into_iter().map(|row| (SeriesId(row.id), row)).collect())
    }
}

impl Loader<AnalysesOf> for Reader<AnalysesOf> {
    type Value = Page<Analysis>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AnalysesOf]) -> Result<HashMap<AnalysesOf, Page<Analysis>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = analyses::analyses_by_study(&self.app, &self.ctx, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (AnalysesOf(parent, page), list)));
        }
        Ok(all)
    }
}
