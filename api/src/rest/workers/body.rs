//! What requests of workers are made of: who calls, which job, and a JSON body; refused in this family's shape.

use super::WorkerError;
use crate::caller;
use domain::{Context, Error};
use poem::{FromRequest, Request, RequestBody};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A result says something of every series.
const LIMIT: usize = 4 << 20;

/// Who calls; the services ask for a worker.
pub struct Caller(pub Context);

impl<'a> FromRequest<'a> for Caller {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        match caller::context(request).await {
            Ok((ctx, _)) => Ok(Self(ctx)),
            Err(error) => Err(WorkerError::from(error).into()),
        }
    }
}

/// The job of the path.
pub struct JobId(pub Uuid);

impl<'a> FromRequest<'a> for JobId {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let id = request.raw_path_param("id").and_then(|text| Uuid::parse_str(text).ok());
        id.map(Self).ok_or_else(|| WorkerError::from(Error::NotFound("Job")).into())
    }
}

/// A JSON body, whatever its media type says.
pub struct Input<T>(pub T);

impl<'a, T: DeserializeOwned> FromRequest<'a> for Input<T> {
    async fn from_request(_: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let bytes = body.take()?.into_bytes_limit(LIMIT).await;
        let bytes =
            bytes.map_err(|_| WorkerError::from(Error::TooLarge(format!("The body has at most {LIMIT} bytes"))))?;
        let read = serde_json::from_slice(&bytes);
        read.map(Self).map_err(|error| {
            WorkerError::from(Error::invalid(
                "body",
                "INVALID_BODY",
                format!("the body cannot be read: {error}"),
            ))
            .into()
        })
    }
}
