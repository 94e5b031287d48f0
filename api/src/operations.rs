//! For operators: health and metrics.

use crate::caller;
use crate::rest::PacsError;
use crate::rest::openapi::Operation;
use crate::secrets::same;
use crate::telemetry;
use domain::context::{Identity, Role};
use domain::{App, Error, jobs};
use poem::http::StatusCode;
use poem::web::{Data, Json};
use poem::{IntoResponse, Request, Response, handler};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);

pub fn described() -> Operation {
    Operation::new("Health", "Whether the server answers").open().answers::<Health>()
}

#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// `healthy`; `unhealthy`, with status 503, while the database does not answer.
    status: &'static str,
    version: &'static str,
}

/// `GET /health` (contract S2-88): 503 while the database does not answer.
#[handler]
pub async fn health(app: Data<&App>) -> Response {
    let answered = tokio::time::timeout(PATIENCE, app.db.ping()).await;
    let (status, word) = match answered {
        Ok(Ok(())) => (StatusCode::OK, "healthy"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    let health = Health {
        status: word,
        version: env!("CARGO_PKG_VERSION"),
    };
    Json(health).with_status(status).into_response()
}

/// `GET /healthz`: the process answers.
#[handler]
pub fn healthz() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /metrics`, Prometheus text: for administrators and for the holder of the metrics token.
#[handler]
pub async fn metrics(app: Data<&App>, request: &Request) -> Result<Response, PacsError> {
    let expected = app.config.metrics_token.expose();
    let given = request.header("authorization").and_then(|value| caller::token(value).ok());
    let by_token = !expected.is_empty() && given.is_some_and(|given| same(given, expected));
    if !by_token {
        let (ctx, _) = caller::context(request).await?;
        match ctx.identity {
            Identity::User(user) if user.role == Some(Role::Admin) => {}
            Identity::Anonymous => return Err(Error::Unauthenticated.into()),
            _ => return Err(Error::Forbidden.into()),
        }
    }
    telemetry::queues(&jobs::store::load(&app.db).await?);
    Ok(telemetry::scrape().with_content_type("text/plain; version=0.0.4").into_response())
}
