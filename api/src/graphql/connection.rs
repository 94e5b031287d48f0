//! Relay connections over the services' keyset pages.

use super::errors::top_level;
use super::types::{acting, app};
use async_graphql::connection::{Connection, ConnectionNameType, CursorType, DefaultEdgeName, Edge, EmptyFields};
use async_graphql::{Context, Object, OutputType};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::jobs::{self, JobFilter};
use domain::page::{Page, PageRequest};
use domain::studies;
use domain::{Error, Result};
use std::str::FromStr;

/// The key of a row, opaque to clients.
pub struct Key<K>(pub K);

impl<K: FromStr + ToString + Send + Sync> CursorType for Key<K> {
    type Error = String;

    fn decode_cursor(text: &str) -> std::result::Result<Self, String> {
        let wrong = || "the cursor is not one that this server gave".to_owned();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
        text.parse().map(Self).map_err(|_| wrong())
    }

    fn encode_cursor(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0.to_string())
    }
}

pub fn request<K>(
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> async_graphql::Result<PageRequest<K>>
where
    K: FromStr + ToString + Send + Sync,
{
    let key = |text: Option<String>| -> Result<Option<K>> {
        text.map(|text| Key::decode_cursor(&text).map(|key| key.0))
            .transpose()
            .map_err(|why| Error::invalid("after", "INVALID_CURSOR", why))
    };
    let page = || PageRequest::relay(first, key(after)?, last, key(before)?);
    page().map_err(top_level)
}

pub type Of<K, T, F = EmptyFields, N = async_graphql::connection::DefaultConnectionName> =
    Connection<Key<K>, T, F, EmptyFields, N, DefaultEdgeName>;

pub fn connection<K, R, T, F, N>(
    page: Page<R>,
    fields: F,
    key: impl Fn(&R) -> K,
    node: impl Fn(R) -> T,
) -> Of<K, T, F, N>
where
    K: FromStr + ToString + Send + Sync,
    T: OutputType,
    F: async_graphql::ObjectType,
    N: ConnectionNameType,
{
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, fields);
    connection.edges.extend(page.items.into_iter().map(|row| Edge::new(Key(key(&row)), node(row))));
    connection
}

/// The lazy count of a list of studies.
pub struct StudyTotal;

#[Object]
impl StudyTotal {
    /// How many there are in all; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        studies::study_count(app(ctx)?, acting(ctx)?).await.map_err(top_level)
    }
}

/// The lazy count of a list of jobs.
pub struct JobTotal(pub JobFilter);

#[Object]
impl JobTotal {
    /// How many there are in all; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        jobs::job_count(app(ctx)?, acting(ctx)?, &self.0).await.map_err(top_level)
    }
}
