//! Pictures, files and papers: renditions and uploaded files from the store, frames drawn on demand; by a signed address or by the caller's
//! own token.

pub mod billing;
pub mod file;
pub mod overlay;
pub mod report;

use crate::caller::context;
use crate::rest::PacsError;
use domain::studies::{self, FrameRequest};
use domain::{App, Context, Error, media};
use imaging::render::{Format, RenderOptions, Window};
use poem::http::{StatusCode, header};
use poem::web::{Data, Path, Query};
use poem::{Body, Request, Response, handler};
use serde::Deserialize;
use uuid::Uuid;

/// Pictures never change at their address, but they are a patient's: only the client itself may keep them.
const CACHE: &str = "private, max-age=300, immutable";

/// `GET /media/renditions/{id}`.
#[handler]
pub async fn rendition(app: Data<&App>, request: &Request, Path(id): Path<i64>) -> Result<Response, PacsError> {
    let ctx = reader(app.0, request).await?;
    let row = studies::rendition_get(app.0, &ctx, id).await.map_err(unseen)?;
    let key = row.object_key.ok_or(Error::NotFound("Rendition"))?;
    let bytes = app.storage.stream(&key).await?;
    let kind = if row.format == "png" { "image/png" } else { "image/jpeg" };
    Ok(picture(
        kind,
        Body::from_bytes_stream(futures::TryStreamExt::map_err(bytes, std::io::Error::other)),
    ))
}

#[derive(Deserialize)]
pub struct FrameQuery {
    format: Option<String>,
    centre: Option<f64>,
    width: Option<f64>,
}

/// `GET /media/instances/{uuid}/frames/{frame}?format=png|jpeg&centre=40&width=400`.
#[handler]
pub async fn frame(
    app: Data<&App>,
    request: &Request,
    Path((instance, frame)): Path<(Uuid, u32)>,
    Query(query): Query<FrameQuery>,
) -> Result<Response, PacsError> {
    let ctx = reader(app.0, request).await?;
    let (format, kind) = match query.format.as_deref() {
        Some("png") => (Format::Png, "image/png"),
        None | Some("jpeg") => (Format::Jpeg, "image/jpeg"),
        Some(_) => return Err(Error::invalid("format", "NOT_A_CHOICE", "format is png or jpeg").into()),
    };
    let window = match (query.centre, query.width) {
        (Some(centre), Some(width)) if centre.is_finite() && width.is_finite() && width >= 1.0 => {
            Some(Window { centre, width })
        }
        (None, None) => None,
        _ => {
            return Err(Error::invalid(
                "width",
                "INVALID_WINDOW",
                "centre and width go together; width is at least 1",
            )
            .into());
        }
    };
    let wanted = FrameRequest {
        instance,
        frame,
        options: RenderOptions {
            window,
            ..Default::default()
        },
        format,
    };
    let bytes = studies::frame_picture(app.0, &ctx, &wanted).await.map_err(unseen)?;
    Ok(picture(kind, Body::from(bytes)))
}

/// What belongs to another centre is not there: numbers of pictures tell nothing.
fn unseen(error: Error) -> Error {
    match error {
        Error::OutOfScope(what) => Error::NotFound(what),
        error => error,
    }
}

/// Whoever holds a signed address may read what it names; others read as themselves.
async fn reader(app: &App, request: &Request) -> Result<Context, Error> {
    let address = request.original_uri().path_and_query().map_or("", |address| address.as_str());
    if address.contains("signature=") {
        return Ok(Context {
            identity: media::verify(app, address)?,
            ..crate::caller::anonymous(request)
        });
    }
    Ok(context(request).await?.0)
}

fn picture(kind: &'static str, body: Body) -> Response {
    Response::builder()
        .status(StatusCode::OK)
        .content_type(kind)
        .header(header::CACHE_CONTROL, CACHE)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(body)
}
