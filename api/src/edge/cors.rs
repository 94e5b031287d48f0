//! Cross-origin requests (contract X-32), by the Fetch standard: pages of the listed sites may call the server with their users'
//! credentials, pages of all others may not read an answer. There is no `*`: an answer to anybody may hold patient data.
//!
//! poem's own middleware refuses requests of unlisted origins altogether, also those of our own pages, and says no `Vary` where one
//! is needed.

use domain::Config;
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};
use std::sync::Arc;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// Besides those that need no leave. The last ones are sent by GraphQL clients.
const HEADERS: &str = "Authorization, X-CSRFToken, Content-Type, Accept, Accept-Language, If-None-Match, If-Match, Range, \
    X-Request-Id, X-Requested-With, GraphQL-Preflight, Apollo-Require-Preflight, Last-Event-ID";
const EXPOSED: &str = "ETag, Location, Link, Retry-After, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, \
    X-RateLimit-Reset, X-Request-Id, X-Query-Cost, Content-Disposition, Content-Range, Accept-Ranges, WWW-Authenticate";
/// Two hours, the most that Chromium keeps.
const MAX_AGE: &str = "7200";

pub struct Cors(pub Arc<Config>);

impl<E: Endpoint> Middleware<E> for Cors {
    type Output = CorsEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        CorsEndpoint {
            inner,
            config: self.0.clone(),
        }
    }
}

pub struct CorsEndpoint<E> {
    inner: E,
    config: Arc<Config>,
}

impl<E: Endpoint> Endpoint for CorsEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let listed = origin.filter(|origin| self.config.cors_origins.contain(origin.as_bytes()));
        let mut response = match is_preflight(&request) {
            // Whoever is not listed learns nothing but that.
            true => preflight(listed.is_some()),
            false => self.inner.get_response(request).await,
        };
        let headers = response.headers_mut();
        // Also without an origin: a cache must not give that answer to somebody who has one.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = listed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
            set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        Ok(response)
    }
}

fn is_preflight(request: &Request) -> bool {
    let asks = [header::ORIGIN, header::ACCESS_CONTROL_REQUEST_METHOD];
    request.method() == Method::OPTIONS && asks.iter().all(|name| request.headers().contains_key(name))
}

fn preflight(listed: bool) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if listed {
        let headers = response.headers_mut();
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        set(headers, header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
    response
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
