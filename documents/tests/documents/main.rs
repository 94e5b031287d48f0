//! Documents as others read them: their text, pages and metadata by a reader that shares no code with the writer.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

mod billing;
mod reading;
mod report;
mod samples;
