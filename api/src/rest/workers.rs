//! The worker protocol, `/workers/v1`: workers outside the server pull jobs with worker tokens; `docs/workers.md` describes it.

mod body;
mod claim;
mod error;
mod job;
mod outputs;

pub use error::{WorkerError, method_not_allowed};

use crate::routes::RestRoute;
use poem::http::Method;

/// What the paths of this family begin with.
pub const PREFIX: &str = "/workers/v1/";

pub fn routes() -> Vec<RestRoute> {
    vec![
        RestRoute::new(Method::POST, "/workers/v1/claim", claim::claim),
        RestRoute::new(Method::POST, "/workers/v1/jobs/:id/heartbeat", job::heartbeat),
        RestRoute::new(Method::POST, "/workers/v1/jobs/:id/outputs", outputs::announce),
        // The address that `announce` signs.
        RestRoute::new(Method::PUT, "/workers/v1/jobs/:id/outputs", outputs::receive),
        RestRoute::new(Method::POST, "/workers/v1/jobs/:id/complete", job::complete),
        RestRoute::new(Method::POST, "/workers/v1/jobs/:id/fail", job::fail),
        RestRoute::new(Method::POST, "/workers/v1/jobs/:id/release", job::release),
        RestRoute::new(Method::POST, "/workers/v1/jobs/:id/cancelled", job::cancelled),
    ]
}
