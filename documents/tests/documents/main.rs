//! Documents as others read them: their text, pages and metadata by a reader that shares no code with the writer.

mod billing;
mod reading;
mod report;
mod samples;
