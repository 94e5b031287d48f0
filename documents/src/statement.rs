//! The statement of a month: every invoice and credit note of a centre, and their sums.

use crate::invoice::Party;
use crate::layout::page::{COLUMN, FAINT, HEADING, TITLE};
use crate::layout::table::{Align, Column};
use crate::letterhead::Letterhead;
use crate::money::{day, grouped, moment};
use crate::sheet::{About, Sheet, Tone};
use crate::{Error, limits};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Statement {
    /// Any day of the month.
    pub month: NaiveDate,
    pub seller: Letterhead,
    pub centre: Party,
    /// In the order in which they are set.
    pub lines: Vec<StatementLine>,
    /// What the reader must know first, such as that the month is not over.
    pub notes: Vec<String>,
    /// When the document was made: its own date, which the paper names too.
    pub made_at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct StatementLine {
    pub date: NaiveDate,
    /// The number of the invoice or credit note.
    pub number: String,
    pub study_code: String,
    pub modality: String,
    /// Such as `paid`.
    pub status: String,
    /// ISO 4217.
    pub currency: String,
    /// Negative for a credit note.
    pub amount: Decimal,
}

/// A number of lines and the sum of their amounts.
type Sum = (usize, Decimal);

/// A statement as PDF. Amounts are summed up for each currency and modality, exactly.
pub fn statement(statement: &Statement) -> Result<Vec<u8>, Error> {
    check(statement)?;
    let sums = sums(&statement.lines)?;
    let title = format!("Statement {}", statement.month.format("%B %Y"));
    let mut sheet = Sheet::default();
    statement.seller.set(&mut sheet)?;
    sheet.heading(1, &title, TITLE);
    statement.notes.iter().for_each(|note| sheet.banner(note, Tone::Warning));
    statement.centre.set(&mut sheet, "For");
    sheet.label(&format!("As of {}", moment(statement.made_at)), FAINT, 4.0);
    if statement.lines.is_empty() {
        sheet.label("Nothing was billed in this month.", FAINT, 12.0);
    } else {
        totals(&mut sheet, &sums);
        lines(&mut sheet, statement);
    }
    sheet.finish(&About {
        title: &format!("{title}, {}", statement.centre.name),
        author: &statement.seller.name,
        language: "en",
        footer: &format!("{title}  ·  {}", statement.centre.name),
        made_at: statement.made_at,
    })
}

/// By currency and modality.
fn sums(lines: &[StatementLine]) -> Result<BTreeMap<(&str, &str), Sum>, Error> {
    let mut sums: BTreeMap<(&str, &str), Sum> = BTreeMap::new();
    for line in lines {
        let (count, sum) = sums.entry((&line.currency, &line.modality)).or_default();
        *count += 1;
        *sum = sum.checked_add(line.amount).ok_or(Error::Total)?;
    }
    Ok(sums)
}

fn totals(sheet: &mut Sheet, sums: &BTreeMap<(&str, &str), Sum>) {
    sheet.heading(2, "Sums", HEADING);
    let columns = [
        Column(80.0, Align::Left),
        Column(COLUMN - 80.0 - 80.0 - 110.0, Align::Left),
        Column(80.0, Align::Right),
        Column(110.0, Align::Right),
    ];
    let mut currencies: Vec<&str> = sums.keys().map(|(currency, _)| *currency).collect();
    currencies.dedup();
    sheet.table(&columns, 2.0, |table| {
        table.head(&["Currency", "Modality", "Count", "Amount"]);
        for currency in currencies {
            let mut all = Sum::default();
            for ((_, modality), (count, sum)) in sums.iter().filter(|((of, _), _)| *of == currency) {
                all = (all.0 + count, all.1.saturating_add(*sum));
                table.body(vec![
                    currency.into(),
                    (*modality).into(),
                    count.to_string(),
                    grouped(*sum),
                ]);
            }
            table.sum(vec![
                format!("Total {currency}"),
                String::new(),
                all.0.to_string(),
                grouped(all.1),
            ]);
        }
    });
}

fn lines(sheet: &mut Sheet, statement: &Statement) {
    sheet.heading(2, "Invoices and credit notes", HEADING);
    let widths = [66.0, 86.0, 96.0, 56.0, 66.0, 44.0];
    let mut columns: Vec<_> = widths.map(|width| Column(width, Align::Left)).into();
    columns.push(Column(COLUMN - widths.iter().sum::<f32>(), Align::Right));
    sheet.table(&columns, 2.0, |table| {
        table.head(&["Date", "Number", "Study", "Modality", "Status", "Currency", "Amount"]);
        for line in &statement.lines {
            table.body(vec![
                day(line.date),
                line.number.clone(),
                line.study_code.clone(),
                line.modality.clone(),
                line.status.clone(),
                line.currency.clone(),
                grouped(line.amount),
            ]);
        }
    });
}

fn check(statement: &Statement) -> Result<(), Error> {
    statement.centre.check()?;
    limits::count("lines", statement.lines.len(), limits::ROWS)?;
    limits::count("notes", statement.notes.len(), 10)?;
    for note in &statement.notes {
        limits::text("a note", note, limits::SHORT)?;
    }
    for line in &statement.lines {
        for (field, text) in [
            ("a line's number", &line.number),
            ("a line's study", &line.study_code),
            ("a line's modality", &line.modality),
            ("a line's status", &line.status),
            ("a line's currency", &line.currency),
        ] {
            limits::text(field, text, 60)?;
        }
    }
    Ok(())
}
