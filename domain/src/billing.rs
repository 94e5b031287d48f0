//! Billing: one invoice for each study that was read, what becomes of it, and what a centre was billed in a month (contract S2-73..80).
//!
//! Invariants: what an invoice says is copied into it and never changes, whatever becomes of the centre, the study and the price;
//! only its status does, and every change of that is kept. Invoices, credit notes and their history are never removed; the database
//! refuses it too. Whoever makes or changes the invoice of a study holds the study's row first, so that a study has one. Radiologists see
//! nothing of it.

mod issue;
mod lines;
mod month;
mod number;
mod paper;
mod read;
mod statement;
mod status;

pub(crate) use issue::bill_verified;
pub use issue::invoice_create;
pub use lines::{Line, StatementContent, statement_read};
pub use month::Month;
pub use paper::{
    Paper, Papers, credit_note_paper, credit_note_url, invoice_paper, invoice_url, papers_made, papers_read,
};
pub use read::{
    InvoiceFilter, InvoiceKey, ReadingFee, change_counts_by_invoice, changes_by_invoice, credit_notes_by_invoice,
    invoice_count, invoice_counts_by_centre, invoice_find, invoice_get, invoice_list, invoice_slice,
    invoices_by_centre, invoices_by_study, invoices_by_uuid, reading_fee,
};
pub use statement::{
    StatementFormat, statement_count, statement_create, statement_list, statement_made, statement_paper, statement_url,
    statements_by_uuid,
};
pub use status::{InvoiceStatus, invoice_status_set};

/// What invoices are called where they are not found; the name is the documented REST API's.
const WHAT: &str = "Billing record";
