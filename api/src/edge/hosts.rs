//! By which names the server may be called (contract X-34): a request for another host never reaches a route, so that no answer is made,
//! or kept by a proxy, for a name that somebody invented. Probes call by address and are let in.

use super::Peer;
use crate::rest::family::Family;
use domain::Config;
use poem::http::StatusCode;
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};
use std::sync::Arc;

const PROBES: [&str; 3] = ["/health", "/healthz", "/metrics"];

pub struct AllowedHosts(pub Arc<Config>);

impl<E: Endpoint> Middleware<E> for AllowedHosts {
    type Output = AllowedHostsEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        AllowedHostsEndpoint {
            inner,
            config: self.0.clone(),
        }
    }
}

pub struct AllowedHostsEndpoint<E> {
    inner: E,
    config: Arc<Config>,
}

impl<E: Endpoint> Endpoint for AllowedHostsEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let is_probe = PROBES.contains(&request.uri().path().trim_end_matches('/'));
        let host = Peer::of(&request).host.unwrap_or_default();
        if is_probe || self.config.allowed_hosts.permit(&host) {
            return Ok(self.inner.call(request).await?.into_response());
        }
        let detail = "Invalid Host header: the server is not called by this name";
        Ok(Family::of(request.uri().path()).refused(StatusCode::BAD_REQUEST, detail))
    }
}
