//! Outputs of a job: announced with the token, put to a signed address without it.

use super::WorkerError;
use super::body::{Caller, Input, JobId};
use crate::caller;
use crate::graphql::transport::Incoming;
use chrono::{DateTime, Utc};
use domain::jobs::external;
use domain::jobs::store::Lease;
use domain::{App, Context, Error, media};
use futures::TryStreamExt;
use poem::web::{Data, Json};
use poem::{Body, Request, handler};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// Longest time between two chunks of an upload.
const STALL: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputBody {
    lease_token: i64,
    name: String,
    content_type: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncedBody {
    url: String,
    method: &'static str,
    headers: BTreeMap<&'static str, &'static str>,
    expires_at: DateTime<Utc>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedBody {
    name: String,
    size_bytes: u64,
    sha256: String,
}

/// What the signed address says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    lease_token: i64,
    name: String,
}

#[handler]
pub async fn announce(
    app: Data<&App>,
    Caller(ctx): Caller,
    JobId(id): JobId,
    Input(body): Input<OutputBody>,
) -> Result<Json<AnnouncedBody>, WorkerError> {
    let address = Address {
        lease_token: body.lease_token,
        name: body.name,
    };
    let query = serde_urlencoded::to_string(&address).map_err(Error::internal)?;
    let path = format!("{}jobs/{id}/outputs?{query}", super::PREFIX);
    let output = (address.name.as_str(), body.content_type.as_str());
    let announced = external::job_output_announce(app.0, &ctx, id, address.lease_token, output, &path).await?;
    Ok(Json(AnnouncedBody {
        url: announced.url.path,
        method: "PUT",
        headers: BTreeMap::from([("Content-Type", announced.content_type)]),
        expires_at: announced.url.expires_at,
    }))
}

/// Whatever ended a body early, it is the client's to send it again.
fn broken_off(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::TimedOut => error,
        _ => io::Error::new(io::ErrorKind::ConnectionAborted, error),
    }
}

#[handler]
pub async fn receive(
    app: Data<&App>,
    request: &Request,
    JobId(id): JobId,
    body: Body,
) -> Result<Json<ReceivedBody>, WorkerError> {
    // First, because a refused body is read on for a while, so that the client hears why.
    let body = Incoming::new(body, STALL).map_err(broken_off);
    let address = request.original_uri().path_and_query().map_or("", |address| address.as_str());
    media::verify(app.0, address)?;
    let query = request.original_uri().query().unwrap_or_default();
    let said: Address = serde_urlencoded::from_str(query).map_err(|_| Error::Unauthenticated)?;
    let ctx = Context::system(caller::anonymous(request).request_id);
    let lease = Lease {
        job_id: id,
        token: said.lease_token,
    };
    let received = external::job_output_receive(app.0, &ctx, &lease, &said.name, body).await?;
    Ok(Json(ReceivedBody {
        name: received.name,
        size_bytes: received.size_bytes,
        sha256: received.sha256,
    }))
}
