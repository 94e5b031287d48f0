//! sea-orm entities, one file a table; no logic.

pub mod centre;
pub mod critical_finding;
pub mod external_output;
pub mod imaging_machine;
pub mod instance;
pub mod job;
pub mod login_failure;
pub mod price;
pub mod queue;
pub mod refresh_token;
pub mod rendition;
pub mod report;
pub mod report_addendum;
pub mod report_document;
pub mod report_lock;
pub mod report_macro;
pub mod report_template;
pub mod report_version;
pub mod series;
pub mod staging;
pub mod stored_object;
pub mod study;
pub mod study_word;
pub mod transcoding;
pub mod user;
pub mod worker_token;
