//! Attributes of files: what several fields ask of one file is read at once.

use super::Reader;
use async_graphql::dataloader::Loader;
use domain::Error;
use domain::rows::InstanceSummary;
use domain::studies::{self, Attributes};
use imaging::dataset::Tag;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// These attributes of this instance.
#[derive(Clone)]
pub struct AttributesOf(pub InstanceSummary, pub Vec<Tag>);

impl PartialEq for AttributesOf {
    fn eq(&self, other: &Self) -> bool {
        (self.0.uuid, &self.1) == (other.0.uuid, &other.1)
    }
}

impl Eq for AttributesOf {}

impl Hash for AttributesOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.uuid, &self.1).hash(state);
    }
}

impl Loader<AttributesOf> for Reader<AttributesOf> {
    type Value = Attributes;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AttributesOf]) -> Result<HashMap<AttributesOf, Attributes>, Arc<Error>> {
        let wanted = keys.iter().map(|AttributesOf(instance, tags)| (instance.clone(), tags.clone())).collect();
        let read = studies::attributes_by_instance(&self.app, wanted).await?;
        Ok(keys.iter().cloned().zip(read).collect())
    }
}
