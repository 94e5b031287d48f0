//! The statement as CSV (RFC 4180), for spreadsheets and accounting programs.
//!
//! Spreadsheets run a cell that begins like a formula, whoever wrote it: a centre's or a scanner's text that does gets an apostrophe in front
//! (OWASP, "CSV Injection"). Amounts are numbers and keep their sign.

use anyhow::Context;
use csv::{Terminator, WriterBuilder};
use domain::billing::{Line, StatementContent};
use domain::money;

const HEADER: [&str; 11] = [
    "date",
    "number",
    "invoice",
    "status",
    "centre",
    "study",
    "modality",
    "examined_on",
    "patient_id",
    "currency",
    "amount",
];

pub fn write(content: &StatementContent) -> Result<Vec<u8>, anyhow::Error> {
    let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    csv.write_record(HEADER)?;
    for line in &content.lines {
        csv.write_record(record(&content.centre.name, line))?;
    }
    csv.into_inner().context("the rest of the CSV could not be written")
}

fn record(centre: &str, line: &Line) -> [String; 11] {
    let invoice = &line.invoice;
    [
        line.issued_at.format("%Y-%m-%d").to_string(),
        line.number.clone(),
        invoice.number.clone(),
        line.status.clone(),
        text(centre),
        text(&invoice.study_code),
        text(&invoice.modality),
        text(&invoice.examined_on),
        text(invoice.patient_reference.as_deref().unwrap_or_default()),
        invoice.currency.to_uppercase(),
        money::amount(line.amount_minor).to_string(),
    ]
}

/// A cell that no spreadsheet takes for a formula.
fn text(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_text_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert!(text(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(text("North & South"), "North & South");
    }
}
