//! The audit trail.

use super::Reader;
use super::pages::by_page;
use async_graphql::dataloader::Loader;
use domain::page::{Page, PageRequest};
use domain::rows::AuditEvent;
use domain::{Error, audit};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditId(pub Uuid);
/// The events about a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AccessesOf(pub i64, pub PageRequest<Uuid>);

impl Loader<AuditId> for Reader<AuditId> {
    type Value = AuditEvent;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AuditId]) -> Result<HashMap<AuditId, AuditEvent>, Arc<Error>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = audit::audits_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (AuditId(row.id), row)).collect())
    }
}

impl Loader<AccessesOf> for Reader<AccessesOf> {
    type Value = Page<AuditEvent>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AccessesOf]) -> Result<HashMap<AccessesOf, Page<AuditEvent>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = audit::accesses_by_study(&self.app, &self.ctx, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (AccessesOf(parent, page), list)));
        }
        Ok(all)
    }
}
