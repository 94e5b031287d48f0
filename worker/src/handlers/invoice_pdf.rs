//! Prints an invoice as it is now, and its credit note if it has one.

use super::letterhead;
use super::output::Output;
use crate::engine::{JobCtx, JobError};
use chrono::{DateTime, Utc};
use documents::{InvoiceKind, InvoiceLine, Reference, Stamp};
use domain::billing::{self, InvoiceStatus, Papers};
use domain::jobs::InvoicePdfV1;
use domain::rows::{CreditNote, Invoice};
use domain::{App, money};

const PDF: &str = "application/pdf";

pub async fn run(app: App, job: InvoicePdfV1, ctx: JobCtx) -> Result<(), JobError> {
    let output = Output::open(&app).await?;
    let printed = print(&app, &job, &ctx, &output).await;
    output.close().await;
    printed
}

async fn print(app: &App, job: &InvoicePdfV1, ctx: &JobCtx, output: &Output) -> Result<(), JobError> {
    let papers = billing::papers_read(app, job.invoice_id).await?;
    let papers_in = (
        invoice(&papers)?,
        papers.credit_note.as_ref().map(|note| credit_note(&papers.invoice, note)),
    );
    let (invoice, note) = tokio::task::spawn_blocking(move || {
        let (invoice, note) = papers_in;
        let note = note.map(|note| documents::invoice(&note)).transpose();
        documents::invoice(&invoice).and_then(|invoice| Ok((invoice, note?)))
    })
    .await?
    .map_err(|error| JobError::permanent(error.to_string()))?;
    let mut files = vec![output.put(invoice, PDF).await?];
    if let Some(note) = note {
        files.push(output.put(note, PDF).await?);
    }
    let keys: Vec<String> = files.iter().map(|file| file.key.clone()).collect();
    let mut keys = keys.into_iter();
    let done = ctx.completing().await?;
    output.batch.commit(&*done, &files).await?;
    billing::papers_made(&done, papers, keys.next().unwrap_or_default(), keys.next()).await?;
    done.commit().await
}

fn invoice(papers: &Papers) -> Result<documents::Invoice, JobError> {
    let invoice = &papers.invoice;
    let stamp = match InvoiceStatus::of(invoice)? {
        InvoiceStatus::Pending => None,
        InvoiceStatus::Paid => Some(Stamp::Paid),
        InvoiceStatus::Cancelled => Some(Stamp::Cancelled),
    };
    let credited = papers.credit_note.iter().map(|note| reference("Credited by", &note.number));
    Ok(documents::Invoice {
        stamp,
        references: references(invoice).into_iter().chain(credited).collect(),
        ..paper(
            InvoiceKind::Invoice,
            invoice,
            &invoice.number,
            invoice.amount_minor,
            invoice.created_at,
        )
    })
}

fn credit_note(invoice: &Invoice, note: &CreditNote) -> documents::Invoice {
    let mut all = vec![reference("Takes back", &invoice.number)];
    all.extend(references(invoice));
    all.extend(note.reason.iter().map(|reason| reference("Reason", reason)));
    documents::Invoice {
        references: all,
        ..paper(
            InvoiceKind::CreditNote,
            invoice,
            &note.number,
            note.amount_minor,
            note.created_at,
        )
    }
}

fn paper(
    kind: InvoiceKind,
    invoice: &Invoice,
    number: &str,
    amount_minor: i64,
    issued_at: DateTime<Utc>,
) -> documents::Invoice {
    let amount = money::amount(amount_minor);
    let details = [&invoice.centre_address, &invoice.centre_email, &invoice.centre_phone];
    documents::Invoice {
        kind,
        number: number.to_owned(),
        date: issued_at.date_naive(),
        due: None,
        seller: letterhead::issuer(&invoice.issuer),
        buyer: letterhead::party(&invoice.centre_name, details.map(Option::as_deref)),
        lines: vec![InvoiceLine {
            description: format!("Reading of one study, {}", super::words::modality(&invoice.modality)),
            study_code: invoice.study_code.clone(),
            quantity: 1,
            unit_amount: amount,
            amount,
        }],
        currency: invoice.currency.to_uppercase(),
        total: amount,
        stamp: None,
        references: Vec::new(),
        made_at: issued_at,
    }
}

/// What lets the centre find the examination again.
fn references(invoice: &Invoice) -> Vec<Reference> {
    let examined = reference("Examined on", &invoice.examined_on);
    let patient = invoice.patient_reference.iter().map(|text| reference("Patient ID", text));
    [examined].into_iter().chain(patient).collect()
}

fn reference(name: &str, value: &str) -> Reference {
    Reference {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}
