//! Documents for people: reports, invoices and statements as PDF.
//!
//! Pure functions from typed data to bytes: no database, no network, no clock. The same data give the same bytes. Files are PDF/A-2a and
//! PDF/UA-1, so that archives keep them and screen readers read them; fonts are embedded, cut down to what is used.
//!
//! What is too long, too much or no picture is refused with an error that names the field ([`Error`]). A character that no font covers is shown
//! as its code, such as `[U+16A0]`.

mod error;
mod fonts;
mod invoice;
mod layout;
mod letterhead;
mod limits;
mod money;
mod paint;
mod picture;
mod report;
mod sheet;
mod statement;
mod text;

pub use error::Error;
pub use invoice::{Invoice, InvoiceKind, InvoiceLine, Party, Reference, Stamp, invoice};
pub use letterhead::Letterhead;
pub use report::{Addendum, KeyImage, Patient, Report, Section, Signature, Standing, Study, report};
pub use statement::{Statement, StatementLine, statement};
