//! Billing: one invoice for each study that was read, what becomes of it, and what a centre was billed in a month (contract S2-73..80).
//!
//! Invariants: what an invoice says is copied into it and never changes, whatever becomes of the centre, the study and the price;
//! only its status does, and every change of that is kept. Invoices, credit notes and their history are never removed; the database
//! refuses it too. Whoever makes or changes the invoice of a study holds the study's row first, so that a study has one.

mod issue;
mod number;
mod read;
mod status;

pub use issue::invoice_create;
pub use read::{InvoiceFilter, InvoiceKey, invoice_count, invoice_find, invoice_get, invoice_list, invoice_slice};
pub use status::{InvoiceStatus, invoice_status_set};

/// What invoices are called where they are not found; the name is the documented REST API's.
const WHAT: &str = "Billing record";
