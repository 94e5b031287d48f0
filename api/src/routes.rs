//! All paths of the server.

use crate::audit::Audited;
use crate::compression::Compression;
use crate::edge::{AllowedHosts, Cors, Forwarding};
use crate::graphql::transport::{Settings, Transport};
use crate::graphql::{ServerGate, executor, settings};
use crate::rates::{Metered, Rate, Rates};
use crate::rest::family::{Answered, Family};
use crate::rest::openapi::{self, Operation};
use crate::rest::{dental, pacs, workers};
use crate::revalidation::Revalidation;
use crate::telemetry::Telemetry;
use crate::{media, operations, pages};
use domain::App;
use poem::endpoint::BoxEndpoint;
use poem::error::MethodNotAllowedError;
use poem::http::Method;
use poem::middleware::AddData;
use poem::{Endpoint, EndpointExt, IntoEndpoint, Route, RouteMethod};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One REST route. The authorisation table test has a row for each.
pub struct RestRoute {
    pub method: Method,
    pub path: &'static str,
    /// What the API documentation says of it; nothing for routes that are no part of a documented API.
    pub operation: Option<Operation>,
    /// What its requests count as.
    rate: Rate,
    endpoint: BoxEndpoint<'static>,
}

impl RestRoute {
    pub(crate) fn new(method: Method, path: &'static str, endpoint: impl IntoEndpoint<Endpoint: 'static>) -> Self {
        Self {
            method,
            path,
            operation: None,
            rate: Rate::Request,
            endpoint: endpoint.into_endpoint().map_to_response().boxed(),
        }
    }

    pub(crate) fn described(self, operation: Operation) -> Self {
        Self {
            operation: Some(operation),
            ..self
        }
    }

    pub(crate) fn counted_as(self, rate: Rate) -> Self {
        Self { rate, ..self }
    }
}

fn for_operators() -> Vec<RestRoute> {
    [
        RestRoute::new(Method::GET, "/health", operations::health).described(operations::described()),
        RestRoute::new(Method::GET, "/healthz", operations::healthz),
        RestRoute::new(Method::GET, "/metrics", operations::metrics),
    ]
    .map(free)
    .into()
}

fn free(route: RestRoute) -> RestRoute {
    route.counted_as(Rate::Free)
}

/// Every REST route of the server.
pub fn rest() -> Vec<RestRoute> {
    let mut routes = for_operators();
    let pages = [
        RestRoute::new(Method::GET, "/", pages::root::root),
        RestRoute::new(Method::GET, "/openapi.json", openapi::openapi),
        RestRoute::new(Method::GET, "/api/schema", openapi::openapi),
    ];
    let media = [
        RestRoute::new(Method::GET, "/media/renditions/:id", media::rendition),
        RestRoute::new(Method::GET, "/media/instances/:uuid/frames/:frame", media::frame),
        RestRoute::new(Method::GET, "/media/instances/:uuid/file", media::file::stored),
        RestRoute::new(Method::GET, "/media/analyses/:uuid/overlay", media::overlay::overlay),
        RestRoute::new(
            Method::GET,
            "/media/reports/:uuid/documents/:addenda",
            media::report::document,
        ),
        RestRoute::new(Method::GET, "/media/invoices/:uuid/pdf", media::billing::invoice),
        RestRoute::new(
            Method::GET,
            "/media/credit-notes/:uuid/pdf",
            media::billing::credit_note,
        ),
        RestRoute::new(
            Method::GET,
            "/media/statements/:uuid/pdf",
            media::billing::statement_pdf,
        ),
        RestRoute::new(
            Method::GET,
            "/media/statements/:uuid/csv",
            media::billing::statement_csv,
        ),
    ];
    routes.extend(pages.map(free));
    routes.extend(pages::apidocs::routes().into_iter().map(free));
    routes.extend(pages::graphiql::routes().into_iter().map(free));
    routes.extend(media.map(|route| route.counted_as(Rate::Media)));
    routes.extend(pacs::routes());
    routes.extend(dental::routes());
    routes.extend(workers::routes().into_iter().map(free));
    routes
}

/// The whole server as one endpoint; an error when a file that the settings name cannot be used.
pub fn endpoint(app: &App, rates: Option<Arc<Rates>>) -> Result<impl Endpoint + use<>, String> {
    let settings = Settings {
        budget: rates.as_ref().map(|rates| rates.cost.clone()),
        ..settings(&app.config, app.stop.clone())?
    };
    let executor = executor(settings.limits.introspection);
    let graphql = Transport::new(executor, ServerGate::new(app.clone(), rates.clone()), settings);
    Ok(whole(
        app,
        mount(rest(), &rates).at("/graphql", graphql.with(Compression).with(Revalidation)),
    ))
}

/// Health and metrics only.
pub fn operations(app: &App) -> impl Endpoint + use<> {
    whole(app, mount(for_operators(), &None))
}

fn whole(app: &App, routes: Route) -> impl Endpoint + use<> {
    Answered(routes.with(Audited { app: app.clone() }).with(AddData::new(app.clone())))
        .with(AllowedHosts(app.config.clone()))
        .with(Cors(app.config.clone()))
        .with(Telemetry)
        .with(Forwarding(app.config.clone()))
}

/// Every path answers with and without its trailing slash (contract X-01), and a wrong method tells the right ones.
fn mount(routes: Vec<RestRoute>, rates: &Option<Arc<Rates>>) -> Route {
    let mut paths: BTreeMap<&'static str, (RouteMethod, Vec<Method>)> = BTreeMap::new();
    for route in routes {
        let (methods, mut names) = paths.remove(route.path).unwrap_or_default();
        names.push(route.method.clone());
        let endpoint = Metered {
            inner: route.endpoint,
            rate: route.rate,
            rates: rates.clone(),
        };
        paths.insert(route.path, (methods.method(route.method, endpoint), names));
    }
    paths.into_iter().fold(Route::new(), |route, (path, (methods, names))| {
        let allow = names.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let wrong_method = move |_: MethodNotAllowedError| {
            let response = Family::of(path).method_not_allowed(&allow);
            async move { response }
        };
        let methods = Arc::new(methods.catch_error(wrong_method).with(Compression).boxed());
        match path {
            "/" => route.at(path, methods),
            path => route.at(path, methods.clone()).at(format!("{path}/"), methods),
        }
    })
}
