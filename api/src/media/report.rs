//! `GET /media/reports/{uuid}/documents/{addenda}`: the PDF of a verified report with so many addenda.

use super::{CACHE, reader, unseen};
use crate::rest::PacsError;
use domain::{App, reports};
use futures::TryStreamExt;
use poem::http::{StatusCode, header};
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use std::io;
use uuid::Uuid;

#[handler]
pub async fn document(
    app: Data<&App>,
    request: &Request,
    Path((uuid, addenda)): Path<(Uuid, i32)>,
) -> Result<Response, PacsError> {
    let ctx = reader(app.0, request).await?;
    let document = reports::document_find(app.0, &ctx, uuid, addenda).await.map_err(unseen)?;
    let bytes = app.storage.stream(&document.object_key).await?.map_err(io::Error::other);
    Ok(Response::builder()
        .status(StatusCode::OK)
        .content_type("application/pdf")
        .header(header::CONTENT_LENGTH, document.size_bytes)
        .header(
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"report-{uuid}.pdf\""),
        )
        .header(header::ETAG, format!("\"{}\"", document.sha256))
        .header(header::CACHE_CONTROL, CACHE)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(Body::from_bytes_stream(bytes)))
}
