//! sea-orm entities, one file a table; no logic.

pub mod assignment;
pub mod centre;
pub mod credit_note;
pub mod external_output;
pub mod imaging_machine;
pub mod instance;
pub mod invoice;
pub mod invoice_change;
pub mod job;
pub mod login_failure;
pub mod price;
pub mod queue;
pub mod radiologist_profile;
pub mod refresh_token;
pub mod rendition;
pub mod report;
pub mod report_version;
pub mod series;
pub mod staging;
pub mod statement;
pub mod stored_object;
pub mod study;
pub mod study_word;
pub mod transcoding;
pub mod user;
pub mod worker_token;
