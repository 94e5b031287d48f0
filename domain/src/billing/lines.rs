//! The lines of a statement: what was issued to a centre in a month.

use super::InvoiceStatus;
use super::month::Month;
use crate::App;
use crate::centres;
use crate::error::{Error, Result};
use crate::rows::{Centre, CreditNote, Invoice, Statement};
use chrono::{DateTime, Utc};
use entity::{credit_note, invoice, statement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// What a statement says.
#[derive(Debug)]
pub struct StatementContent {
    pub statement: Statement,
    pub centre: Centre,
    pub month: Month,
    /// In the order of issue.
    pub lines: Vec<Line>,
    /// When the lines were read.
    pub as_of: DateTime<Utc>,
}

/// An invoice or a credit note.
#[derive(Debug)]
pub struct Line {
    pub issued_at: DateTime<Utc>,
    pub number: String,
    /// `pending`, `paid`, `cancelled` (credited by a credit note of its own line), `void` (cancelled before it counted) or `credit`.
    pub status: String,
    /// What was charged or taken back, in hundredths; nothing for what is void.
    pub amount_minor: i64,
    pub invoice: Invoice,
}

impl StatementContent {
    /// Whether the month was over when the lines were read.
    pub fn is_final(&self) -> bool {
        self.as_of >= self.month.end()
    }
}

/// For the worker that makes the statement.
pub async fn statement_read(app: &App, id: i64) -> Result<StatementContent> {
    let reader = app.db.reader();
    let statement = statement::Entity::find_by_id(id).one(reader).await?.ok_or(Error::NotFound("Statement"))?;
    let month: Month = statement.month.parse()?;
    let as_of = Utc::now();
    let (start, end) = (month.start(), month.end());
    let invoices = invoice::Entity::find()
        .filter(invoice::Column::CentreId.eq(statement.centre_id))
        .filter(invoice::Column::CreatedAt.gte(start))
        .filter(invoice::Column::CreatedAt.lt(end))
        .find_also_related(credit_note::Entity);
    let credited = credit_note::Entity::find()
        .filter(credit_note::Column::CentreId.eq(statement.centre_id))
        .filter(credit_note::Column::CreatedAt.gte(start))
        .filter(credit_note::Column::CreatedAt.lt(end))
        .find_also_related(invoice::Entity);
    let mut lines = Vec::new();
    for (invoice, note) in invoices.all(reader).await? {
        lines.push(charge(invoice, note.as_ref()));
    }
    for (note, invoice) in credited.all(reader).await? {
        lines.push(credit(note, invoice.ok_or(Error::NotFound("Invoice"))?));
    }
    lines.sort_by(|a, b| (a.issued_at, &a.number).cmp(&(b.issued_at, &b.number)));
    Ok(StatementContent {
        centre: centres::find(reader, statement.centre_id).await?,
        statement,
        month,
        lines,
        as_of,
    })
}

fn charge(invoice: Invoice, note: Option<&CreditNote>) -> Line {
    let is_void = invoice.status == InvoiceStatus::Cancelled.as_str() && note.is_none();
    Line {
        issued_at: invoice.created_at,
        number: invoice.number.clone(),
        status: if is_void { "void".into() } else { invoice.status.clone() },
        amount_minor: if is_void { 0 } else { invoice.amount_minor },
        invoice,
    }
}

fn credit(note: CreditNote, invoice: Invoice) -> Line {
    Line {
        issued_at: note.created_at,
        number: note.number,
        status: "credit".into(),
        amount_minor: note.amount_minor,
        invoice,
    }
}
