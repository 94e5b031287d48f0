//! Invoices, credit notes and statements.

use crate::reading::{Paper, says};
use crate::samples::{at, date, letterhead};
use documents::{
    Error, Invoice, InvoiceKind, InvoiceLine, Party, Reference, Stamp, Statement, StatementLine, invoice, statement,
};
use rust_decimal::Decimal;

fn party() -> Party {
    Party {
        name: "مركز دبي للأشعة".into(),
        address: vec!["Sheikh Zayed Road".into(), "Dubai".into()],
    }
}

fn line(description: &str, amount: &str) -> InvoiceLine {
    let amount: Decimal = amount.parse().unwrap();
    InvoiceLine {
        description: description.into(),
        study_code: "STD-20260305-0007".into(),
        quantity: 1,
        unit_amount: amount,
        amount,
    }
}

fn sample() -> Invoice {
    Invoice {
        kind: InvoiceKind::Invoice,
        number: "INV14191298".into(),
        date: date("2026-03-05"),
        due: Some(date("2026-04-04")),
        seller: letterhead(),
        buyer: party(),
        lines: vec![
            line("Reporting of MR, MRI brain with and without contrast", "1234567.5"),
            line("Urgent", "0.5"),
        ],
        currency: "INR".into(),
        total: "1234568".parse().unwrap(),
        stamp: None,
        references: vec![Reference {
            name: "Reading".into(),
            value: "RPT-00012345".into(),
        }],
        made_at: at("2026-03-05T14:31:00Z"),
    }
}

#[test]
fn an_invoice_names_both_sides_and_exact_amounts() {
    let paper = Paper::read("invoice", &invoice(&sample()).unwrap());
    for text in [
        "Invoice INV14191298",
        "Meridian Imaging Centre",
        "5 Mar 2026",
        "4 Apr 2026",
        "1,234,567.50",
        "0.50",
        "INR 1,234,568.00",
        "RPT-00012345",
        "Page 1 of 1",
    ] {
        assert!(paper.says(text), "{text} in {}", paper.text());
    }
    assert!(!paper.says("PAID"));
}

#[test]
fn a_credit_note_says_what_it_takes_back_and_a_stamp_what_became_of_an_invoice() {
    let mut credit = sample();
    credit.kind = InvoiceKind::CreditNote;
    credit.number = "CRN00000001".into();
    credit.lines = vec![line("Cancelled reading", "-1500")];
    credit.total = "-1500.00".parse().unwrap();
    credit.stamp = Some(Stamp::Cancelled);
    let text = Paper::read("credit", &invoice(&credit).unwrap()).text();
    for part in ["Credit note CRN00000001", "-1,500.00", "CANCELLED"] {
        assert!(says(&text, part), "{part} in {text}");
    }
    credit.stamp = Some(Stamp::Paid);
    assert!(Paper::read("paid", &invoice(&credit).unwrap()).says("PAID"));
}

#[test]
fn an_invoice_that_does_not_add_up_is_refused() {
    let mut wrong = sample();
    wrong.total = "1234568.01".parse().unwrap();
    assert_eq!(invoice(&wrong), Err(Error::Total));
    wrong.lines = vec![line("a", "79228162514264337593543950335"); 2];
    assert_eq!(invoice(&wrong), Err(Error::Total));
}

fn statement_of(count: usize) -> Statement {
    let line = |number: usize| StatementLine {
        date: date("2026-03-01"),
        number: format!("INV{number:08}"),
        study_code: format!("STD-20260301-{number:04}"),
        modality: ["CT", "MR"][number % 2].into(),
        status: "paid".into(),
        currency: ["AED", "USD", "USD"][number % 3].into(),
        amount: "1000.10".parse().unwrap(),
    };
    Statement {
        month: date("2026-03-01"),
        seller: letterhead(),
        centre: party(),
        lines: (0..count).map(line).collect(),
        notes: vec!["March 2026 is not over: this statement is not final.".into()],
        made_at: at("2026-03-20T08:00:00Z"),
    }
}

#[test]
fn a_statement_repeats_its_head_and_sums_up_by_currency_and_modality() {
    let paper = Paper::read("statement", &statement(&statement_of(120)).unwrap());
    let count = paper.pages.len();
    assert!(count > 2);
    for (index, page) in paper.pages.iter().enumerate() {
        assert!(says(page, "Date Number Study Modality"), "{page}");
        assert!(says(page, &format!("Page {} of {count}", index + 1)), "{page}");
    }
    let text = paper.text();
    assert!((0..120).all(|number| says(&text, &format!("INV{number:08}"))));
    for part in [
        "AED CT 20 20,002.00",
        "Total AED 40 40,004.00",
        "Total USD 80 80,008.00",
        "is not over",
    ] {
        assert!(says(&text, part), "{part} in {text}");
    }
}

#[test]
fn a_month_without_invoices_says_so() {
    let text = Paper::read("quiet", &statement(&statement_of(0)).unwrap()).text();
    assert!(says(&text, "Nothing was billed in this month."), "{text}");
}
