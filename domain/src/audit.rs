//! The audit trail: every read and write of patient data, by whichever face: who, in which role and centre, what, from where, and whether it
//! was granted.
//!
//! Invariants: what changes patient data is recorded in the transaction of the change (`Audit::record`). What is given out is noted on the
//! request's `Trail` by the service that gives it out, and the face hands the trail over before it answers: nothing that cannot be
//! recorded is given out. A record names studies by their UUIDs and never a patient. It is about the studies of one centre, so that
//! what a centre may see of the trail says nothing of another. Rows are only ever added; a chain of hashes finds what was changed or
//! removed behind the server's back (`chain`).

mod chain;
mod export;
mod kinds;
mod read;
mod recorder;
mod rows;
mod trail;
mod verify;

pub use chain::{Head, Keys, head};
pub use export::{ExportFormat, audit_export};
pub use kinds::{AuditKind, AuditOutcome, Face};
pub use read::{
    AuditFilter, access_counts_by_study, accesses_by_study, audit_count, audit_list, audits_by_id, studies_of,
};
pub use recorder::{Audit, Inbox};
pub(crate) use rows::About;
pub use trail::Trail;
pub(crate) use trail::Who;
pub use verify::{Damage, Found, Verified, verify};
