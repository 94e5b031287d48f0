//! Relay connections over the services' keyset pages.

use super::errors::top_level;
use super::loaders::CountOf;
use super::types::{acting, app, load, loaders};
use async_graphql::connection::{
    Connection, ConnectionNameType, CursorType, DefaultConnectionName, DefaultEdgeName, Edge, EdgeNameType, EmptyFields,
};
use async_graphql::{Context, Object, OutputType};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::audit::{self, AuditFilter};
use domain::billing::{self, InvoiceFilter};
use domain::context::Role;
use domain::jobs::{self, JobFilter};
use domain::page::{DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest};
use domain::radiologists::{self, RadiologistFilter};
use domain::reports::{self, ReportFilter, TemplateFor};
use domain::{Error, Result, centres, imaging_machines, prices, users, worker_tokens};
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

pub type Of<K, T, F = Total, N = DefaultConnectionName, E = DefaultEdgeName> =
    Connection<Key<K>, T, F, EmptyFields, N, E>;

/// Priors are a list of studies that is not filtered.
pub struct PriorStudies;

impl ConnectionNameType for PriorStudies {
    fn type_name<T: OutputType>() -> String {
        "PriorStudyConnection".to_owned()
    }
}

/// The studies of an audit event are a list that is not filtered.
pub struct AuditedStudies;

impl ConnectionNameType for AuditedStudies {
    fn type_name<T: OutputType>() -> String {
        "AuditedStudyConnection".to_owned()
    }
}

impl EdgeNameType for AuditedStudies {
    fn type_name<T: OutputType>() -> String {
        "AuditedStudyEdge".to_owned()
    }
}

pub fn connection<K, R, T, F, N, E>(
    page: Page<R>,
    fields: F,
    key: impl Fn(&R) -> K,
    node: impl Fn(R) -> T,
) -> Of<K, T, F, N, E>
where
    K: FromStr + ToString + Send + Sync,
    T: OutputType,
    F: async_graphql::ObjectType,
    N: ConnectionNameType,
    E: EdgeNameType,
{
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, fields);
    connection.edges.extend(page.items.into_iter().map(|row| Edge::new(Key(key(&row)), node(row))));
    connection
}

/// What a list costs before anything is read: its nodes, each as much as what is asked of it.
pub fn cost(first: Option<i32>, last: Option<i32>, each: usize) -> usize {
    let asked = match first.or(last) {
        None => DEFAULT_LIMIT,
        Some(asked) => u64::try_from(asked).unwrap_or(0).min(MAX_LIMIT),
    };
    usize::try_from(asked).unwrap_or(usize::MAX).saturating_mul(each.max(1))
}

/// The lazy count of a list.
pub enum Total {
    Known(i64),
    /// Of a list within a row.
    Within(CountOf),
    Jobs(JobFilter),
    Users(Option<Role>),
    Centres(Option<bool>),
    WorkerTokens,
    Reports(ReportFilter),
    Radiologists(RadiologistFilter),
    Templates(TemplateFor),
    Macros,
    /// Of a centre, or of all.
    Prices(Option<i64>),
    Invoices(InvoiceFilter),
    /// Of a centre, or of all.
    Statements(Option<i64>),
    /// Of a centre, or of all.
    ImagingMachines(Option<i64>),
    AuditEvents(AuditFilter),
}

#[Object]
impl Total {
    /// How many there are in all; counted only when asked for.
    #[graphql(complexity = 10)]
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i64> {
        let (app, acting) = (app(ctx).map_err(top_level)?, acting(ctx).map_err(top_level)?);
        let count = match self {
            Self::Known(count) => return Ok(*count),
            Self::Within(list) => return Ok(load(&loaders(ctx)?.counts, *list).await?.unwrap_or(0)),
            Self::Jobs(filter) => jobs::job_count(app, acting, filter).await,
            Self::Users(role) => users::user_count(app, acting, *role).await,
            Self::Centres(is_active) => centres::centre_count(app, acting, *is_active).await,
            Self::WorkerTokens => worker_tokens::worker_token_count(app, acting).await,
            Self::Radiologists(filter) => radiologists::radiologist_count(app, acting, *filter).await,
            Self::Reports(filter) => reports::report_count(app, acting, filter).await,
            Self::ImagingMachines(centre) => imaging_machines::machine_count(app, acting, *centre).await,
            Self::Templates(wanted) => reports::report_template_count(app, acting, wanted).await,
            Self::Macros => reports::report_macro_count(app, acting).await,
            Self::Invoices(filter) => billing::invoice_count(app, acting, filter).await,
            Self::Statements(centre) => billing::statement_count(app, acting, *centre).await,
            Self::Prices(centre) => prices::price_count(app, acting, *centre).await,
            Self::AuditEvents(filter) => audit::audit_count(app, acting, filter).await,
        };
        Ok(i64::try_from(count.map_err(top_level)?).unwrap_or(i64::MAX))
    }
}
