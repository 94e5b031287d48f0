//! Invoices and credit notes.

use crate::layout::page::{BODY, COLUMN, FAINT, STRONG, TITLE};
use crate::layout::table::{Align, Column};
use crate::letterhead::Letterhead;
use crate::money::{day, grouped};
use crate::sheet::{About, Sheet, Tone};
use crate::{Error, limits};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

const MAX_LINES: usize = 2_000;
const MAX_REFERENCES: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceKind {
    Invoice,
    /// Takes back an invoice; its amounts are negative.
    CreditNote,
}

/// What became of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    Paid,
    Cancelled,
}

/// An invoice or a credit note. Amounts are exact, in whole or fractional units of the currency.
#[derive(Debug, Clone)]
pub struct Invoice {
    pub kind: InvoiceKind,
    pub number: String,
    pub date: NaiveDate,
    pub due: Option<NaiveDate>,
    pub seller: Letterhead,
    pub buyer: Party,
    pub lines: Vec<InvoiceLine>,
    /// ISO 4217, such as `INR`.
    pub currency: String,
    /// The sum of the lines; another one is refused.
    pub total: Decimal,
    pub stamp: Option<Stamp>,
    pub references: Vec<Reference>,
    /// When the document was made: its own date.
    pub made_at: DateTime<Utc>,
}

/// Who is billed.
#[derive(Debug, Clone, Default)]
pub struct Party {
    pub name: String,
    pub address: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct InvoiceLine {
    pub description: String,
    pub study_code: String,
    pub quantity: u32,
    pub unit_amount: Decimal,
    pub amount: Decimal,
}

/// What an invoice refers to, such as the invoice that a credit note takes back.
#[derive(Debug, Clone)]
pub struct Reference {
    pub name: String,
    pub value: String,
}

/// An invoice or a credit note as PDF.
pub fn invoice(invoice: &Invoice) -> Result<Vec<u8>, Error> {
    check(invoice)?;
    let title = match invoice.kind {
        InvoiceKind::Invoice => format!("Invoice {}", invoice.number),
        InvoiceKind::CreditNote => format!("Credit note {}", invoice.number),
    };
    let mut sheet = Sheet::default();
    invoice.seller.set(&mut sheet)?;
    sheet.heading(1, &title, TITLE);
    match invoice.stamp {
        Some(Stamp::Paid) => sheet.banner("PAID", Tone::Settled),
        Some(Stamp::Cancelled) => sheet.banner("CANCELLED", Tone::Warning),
        None => {}
    }
    invoice.buyer.set(&mut sheet, "Billed to");
    facts(&mut sheet, invoice);
    lines(&mut sheet, invoice);
    sheet.finish(&About {
        title: &title,
        author: &invoice.seller.name,
        language: "en",
        footer: &format!("{title}  ·  {}", invoice.seller.name),
        made_at: invoice.made_at,
    })
}

impl Party {
    pub(crate) fn set(&self, sheet: &mut Sheet, what: &str) {
        sheet.label(what, FAINT, 10.0);
        sheet.label(&self.name, STRONG, 0.0);
        for line in self.address.iter().filter(|line| !line.trim().is_empty()) {
            sheet.label(line, BODY, 0.0);
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        limits::filled("the buyer's name", &self.name)?;
        limits::count("lines of the buyer's address", self.address.len(), 8)?;
        let lines = self.address.iter().chain([&self.name]);
        lines
            .into_iter()
            .try_for_each(|line| limits::text("a line of the buyer's address", line, limits::SHORT))
    }
}

fn facts(sheet: &mut Sheet, invoice: &Invoice) {
    let columns = [Column(110.0, Align::Left), Column(COLUMN - 110.0, Align::Left)];
    let dates = [("Date", Some(invoice.date)), ("Due", invoice.due)];
    let dates = dates.into_iter().filter_map(|(name, date)| Some((name.to_owned(), day(date?))));
    let references = invoice.references.iter().map(|reference| (reference.name.clone(), reference.value.clone()));
    sheet.table(&columns, 10.0, |table| {
        dates.chain(references).for_each(|(name, value)| table.pairs(vec![name, value]));
    });
}

fn lines(sheet: &mut Sheet, invoice: &Invoice) {
    let widths = [104.0, 32.0, 74.0, 88.0];
    let description = COLUMN - widths.iter().sum::<f32>();
    let columns = [
        Column(description, Align::Left),
        Column(widths[0], Align::Left),
        Column(widths[1], Align::Right),
        Column(widths[2], Align::Right),
        Column(widths[3], Align::Right),
    ];
    let currency = &invoice.currency;
    sheet.table(&columns, 14.0, |table| {
        table.head(&["Description", "Study", "Qty", "Unit", &format!("Amount ({currency})")]);
        for line in &invoice.lines {
            table.body(vec![
                line.description.clone(),
                line.study_code.clone(),
                line.quantity.to_string(),
                grouped(line.unit_amount),
                grouped(line.amount),
            ]);
        }
        let total = format!("{currency} {}", grouped(invoice.total));
        table.sum(vec!["Total".into(), String::new(), String::new(), String::new(), total]);
    });
}

fn check(invoice: &Invoice) -> Result<(), Error> {
    limits::filled("the invoice's number", &invoice.number)?;
    limits::filled("the currency", &invoice.currency)?;
    limits::text("the invoice's number", &invoice.number, 60)?;
    limits::text("the currency", &invoice.currency, 8)?;
    limits::count("lines", invoice.lines.len(), MAX_LINES)?;
    limits::count("references", invoice.references.len(), MAX_REFERENCES)?;
    invoice.buyer.check()?;
    for reference in &invoice.references {
        limits::text("a reference", &reference.name, limits::SHORT)?;
        limits::text("a reference", &reference.value, limits::SHORT)?;
    }
    for line in &invoice.lines {
        limits::text("a line's description", &line.description, limits::SHORT)?;
        limits::text("a line's study", &line.study_code, 60)?;
    }
    let sum = invoice.lines.iter().try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line.amount));
    match sum == Some(invoice.total) {
        true => Ok(()),
        false => Err(Error::Total),
    }
}
