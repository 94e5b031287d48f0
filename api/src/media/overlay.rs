//! `GET /media/analyses/{uuid}/overlay`: the picture of an analysis' segmentation.

use super::{picture, reader, unseen};
use crate::rest::PacsError;
use domain::{App, Error, analyses};
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use uuid::Uuid;

#[handler]
pub async fn overlay(app: Data<&App>, request: &Request, Path(uuid): Path<Uuid>) -> Result<Response, PacsError> {
    let ctx = reader(app.0, request).await?;
    let analysis = analyses::analysis_find(app.0, &ctx, uuid).await.map_err(unseen)?;
    let key = analysis.overlay_key.ok_or(Error::NotFound("Picture"))?;
    let bytes = app.storage.stream(&key).await?;
    let bytes = futures::TryStreamExt::map_err(bytes, std::io::Error::other);
    Ok(picture("image/png", Body::from_bytes_stream(bytes)))
}
