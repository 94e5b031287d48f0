//! Papers of billing: `GET /media/invoices/{uuid}/pdf`, `/media/credit-notes/{uuid}/pdf`, `/media/statements/{uuid}/pdf` and `csv`.

use super::{reader, unseen};
use crate::rest::PacsError;
use domain::App;
use domain::billing::{self, Paper, StatementFormat};
use futures::TryStreamExt;
use poem::http::header;
use poem::web::{Data, Path};
use poem::{Body, Request, Response, handler};
use uuid::Uuid;

const PDF: &str = "application/pdf";
const CSV: &str = "text/csv; charset=utf-8; header=present";

#[handler]
pub async fn invoice(app: Data<&App>, request: &Request, Path(uuid): Path<Uuid>) -> Result<Response, PacsError> {
    let ctx = reader(app.0, request).await?;
    answer(
        app.0,
        billing::invoice_paper(app.0, &ctx, uuid).await.map_err(unseen)?,
        PDF,
    )
    .await
}

#[handler]
pub async fn credit_note(app: Data<&App>, request: &Request, Path(uuid): Path<Uuid>) -> Result<Response, PacsError> {
    let ctx = reader(app.0, request).await?;
    answer(
        app.0,
        billing::credit_note_paper(app.0, &ctx, uuid).await.map_err(unseen)?,
        PDF,
    )
    .await
}

#[handler]
pub async fn statement_pdf(app: Data<&App>, request: &Request, Path(uuid): Path<Uuid>) -> Result<Response, PacsError> {
    statement(app.0, request, uuid, StatementFormat::Pdf, PDF).await
}

#[handler]
pub async fn statement_csv(app: Data<&App>, request: &Request, Path(uuid): Path<Uuid>) -> Result<Response, PacsError> {
    statement(app.0, request, uuid, StatementFormat::Csv, CSV).await
}

async fn statement(
    app: &App,
    request: &Request,
    uuid: Uuid,
    format: StatementFormat,
    content_type: &str,
) -> Result<Response, PacsError> {
    let ctx = reader(app, request).await?;
    let paper = billing::statement_paper(app, &ctx, uuid, format).await.map_err(unseen)?;
    answer(app, paper, content_type).await
}

async fn answer(app: &App, paper: Paper, content_type: &str) -> Result<Response, PacsError> {
    let bytes = app.storage.stream(&paper.key).await?.map_err(std::io::Error::other);
    let disposition = format!("inline; filename=\"{}\"", paper.file_name);
    Ok(Response::builder()
        .content_type(content_type)
        .header(header::CONTENT_DISPOSITION, disposition)
        // The same address shows the next status too, and what it shows is for the centre alone.
        .header(header::CACHE_CONTROL, "private, no-store")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(Body::from_bytes_stream(bytes)))
}
