//! What every request leaves behind: an id, a log line without patient data, and metrics.

use crate::caller::RequestId;
use crate::edge::Peer;
use chrono::Utc;
use domain::jobs::JobKind;
use domain::jobs::store::Load;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use poem::http::{HeaderValue, Method};
use poem::{Endpoint, IntoResponse, Middleware, PathPattern, Request, Response};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tracing::{Instrument, info, info_span};
use uuid::Uuid;

const UPKEEP: Duration = Duration::from_secs(5);
const HEADER: &str = "x-request-id";

/// Takes over a sensible `X-Request-Id` or makes one, and answers it.
pub struct Telemetry;

impl<E: Endpoint> Middleware<E> for Telemetry {
    type Output = TelemetryEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        recorder();
        TelemetryEndpoint { inner }
    }
}

pub struct TelemetryEndpoint<E> {
    inner: E,
}

impl<E: Endpoint> Endpoint for TelemetryEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let id = request
            .header(HEADER)
            .filter(|id| sensible(id))
            .map_or_else(|| Uuid::new_v4().to_string(), String::from);
        request.extensions_mut().insert(RequestId(id.clone()));
        let method = known(request.method());
        let remote = Peer::of(&request).address.map_or_else(String::new, |address| address.to_string());
        let started = Instant::now();
        // The path is left out: it may hold what only the caller may know.
        let span = info_span!("request", id = %id);
        let mut response = match self.inner.call(request).instrument(span.clone()).await {
            Ok(response) => response.into_response(),
            Err(error) => error.into_response(),
        };
        let route = response
            .data::<PathPattern>()
            .map_or("unknown", |pattern| &pattern.0)
            .trim_end_matches('/')
            .to_owned();
        let status = response.status().as_u16().to_string();
        let seconds = started.elapsed().as_secs_f64();
        let labels = [
            ("method", method.to_owned()),
            ("route", route.clone()),
            ("status", status.clone()),
        ];
        metrics::counter!("gantry_http_requests_total", &labels).increment(1);
        metrics::histogram!("gantry_http_request_seconds", "route" => route.clone()).record(seconds);
        span.in_scope(|| info!(method, route, status, remote, ms = seconds * 1e3, "answered"));
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HEADER, value);
        }
        Ok(response)
    }
}

/// Clients may invent methods; a label has a bounded number of values.
fn known(method: &Method) -> &'static str {
    const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    METHODS.into_iter().find(|name| method == name).unwrap_or("OTHER")
}

fn sensible(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// How full the queues are, in the whole cluster: every process tells the same.
pub fn queues(load: &[Load]) {
    let now = Utc::now();
    let count = |value: i64| value.max(0) as f64;
    for kind in JobKind::ALL.map(JobKind::as_str) {
        let of_kind = || load.iter().filter(|load| load.kind == kind);
        let oldest = of_kind().filter_map(|load| load.oldest_due).min().map_or(0, |due| (now - due).num_milliseconds());
        metrics::gauge!("gantry_jobs_waiting", "kind" => kind).set(count(of_kind().map(|load| load.waiting).sum()));
        metrics::gauge!("gantry_jobs_running", "kind" => kind).set(count(of_kind().map(|load| load.running).sum()));
        metrics::gauge!("gantry_jobs_oldest_seconds", "kind" => kind).set(count(oldest) / 1e3);
    }
}

/// One recorder a process, whoever asks first.
fn recorder() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let handle = PrometheusBuilder::new().install_recorder().ok()?;
            let kept = handle.clone();
            // Histograms keep every sample until they are rolled up, also when nobody scrapes.
            std::thread::spawn(move || {
                loop {
                    std::thread::sleep(UPKEEP);
                    kept.run_upkeep();
                }
            });
            Some(handle)
        })
        .as_ref()
}

/// The metrics of this process in Prometheus' text format.
pub fn scrape() -> String {
    recorder().map_or_else(String::new, PrometheusHandle::render)
}
