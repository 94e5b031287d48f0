//! What is printed: invoices and credit notes, as the workers read them and say that they are made.

use super::read::by_key;
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::jobs::{self, InvoicePdfV1, NewJob};
use crate::media::{self, SignedUrl};
use crate::policy::{Action, require, require_in};
use crate::storage::release;
use entity::credit_note::{self, Model as CreditNote};
use entity::invoice::{self, Model as Invoice};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// What the papers of an invoice say.
#[derive(Debug)]
pub struct Papers {
    pub invoice: Invoice,
    pub credit_note: Option<CreditNote>,
}

/// Asks for the papers of an invoice as it is now; the job has no study, because all who read the study would see it.
pub(super) async fn ask(tx: &Transaction, ctx: &Context, invoice: &Invoice) -> Result<()> {
    let job = NewJob {
        centre_id: Some(invoice.centre_id),
        ..NewJob::new(InvoicePdfV1 { invoice_id: invoice.id })
    };
    jobs::enqueue(tx, job.by(ctx.user_id())).await?;
    Ok(())
}

/// For the worker that prints them.
pub async fn papers_read(app: &App, invoice_id: i64) -> Result<Papers> {
    let invoice = by_key(app.db.reader(), invoice_id.into()).await?;
    let query = credit_note::Entity::find().filter(credit_note::Column::InvoiceId.eq(invoice_id));
    let credit_note = query.one(app.db.reader()).await?;
    Ok(Papers { invoice, credit_note })
}

/// In the completing transaction of the job: the papers are in these objects from now on.
pub async fn papers_made(
    tx: &Transaction,
    papers: Papers,
    invoice_key: String,
    note_key: Option<String>,
) -> Result<()> {
    let Papers { invoice, credit_note } = papers;
    // Read again: another run may have been faster.
    let now = by_key(tx, invoice.id.into()).await?;
    release(tx, now.pdf_key.as_slice()).await?;
    let mut row = now.into_active_model();
    row.pdf_key = Set(Some(invoice_key));
    row.update(tx).await?;
    if let (Some(note), Some(key)) = (credit_note, note_key) {
        let now = credit_note::Entity::find_by_id(note.id).one(tx).await?.ok_or(Error::NotFound("Credit note"))?;
        release(tx, now.pdf_key.as_slice()).await?;
        let mut row = now.into_active_model();
        row.pdf_key = Set(Some(key));
        row.update(tx).await?;
    }
    let event = NewEvent {
        kind: EventKind::InvoicePrinted,
        centre_id: Some(invoice.centre_id),
        study_id: Some(invoice.study_id),
        job_id: None,
        user_id: None,
        payload: json!({ "invoice": invoice.uuid }),
    };
    events::append(tx, event).await
}

/// A signed address of the invoice's PDF; none while it is being made.
pub fn invoice_url(app: &App, ctx: &Context, invoice: &Invoice) -> Option<SignedUrl> {
    invoice.pdf_key.as_ref()?;
    Some(media::sign(app, ctx, &format!("/media/invoices/{}/pdf", invoice.uuid)))
}

/// A signed address of the credit note's PDF; none while it is being made.
pub fn credit_note_url(app: &App, ctx: &Context, note: &CreditNote) -> Option<SignedUrl> {
    note.pdf_key.as_ref()?;
    Some(media::sign(app, ctx, &format!("/media/credit-notes/{}/pdf", note.uuid)))
}

/// A file behind an address: the object, and the name under which people keep it.
#[derive(Debug)]
pub struct Paper {
    pub key: String,
    pub file_name: String,
}

/// The PDF of an invoice, for the caller who may see it.
pub async fn invoice_paper(app: &App, ctx: &Context, uuid: Uuid) -> Result<Paper> {
    let query = invoice::Entity::find().filter(invoice::Column::Uuid.eq(uuid));
    require(ctx, Action::InvoiceRead)?;
    let invoice = query.one(app.db.reader()).await?.ok_or(Error::NotFound("Invoice"))?;
    require_in(ctx, Action::InvoiceRead, Some(invoice.centre_id), "Invoice")?;
    ctx.saw_part(AuditKind::InvoiceRead, invoice.study_id, format!("invoice:{uuid}"));
    paper(invoice.pdf_key, &invoice.number)
}

/// The PDF of a credit note, for the caller who may see it.
pub async fn credit_note_paper(app: &App, ctx: &Context, uuid: Uuid) -> Result<Paper> {
    let query = credit_note::Entity::find().filter(credit_note::Column::Uuid.eq(uuid));
    require(ctx, Action::InvoiceRead)?;
    let found = query.find_also_related(invoice::Entity).one(app.db.reader()).await?;
    let (note, invoice) = found.ok_or(Error::NotFound("Credit note"))?;
    require_in(ctx, Action::InvoiceRead, Some(note.centre_id), "Credit note")?;
    if let Some(invoice) = invoice {
        ctx.saw_part(AuditKind::InvoiceRead, invoice.study_id, format!("credit note:{uuid}"));
    }
    paper(note.pdf_key, &note.number)
}

fn paper(key: Option<String>, number: &str) -> Result<Paper> {
    let key = key.ok_or(Error::NotFound("File"))?;
    Ok(Paper {
        key,
        file_name: format!("{number}.pdf"),
    })
}
