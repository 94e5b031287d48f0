//! The rows that services answer with, by the names of what they are.

pub use entity::analysis::Model as Analysis;
pub use entity::assignment::Model as Assignment;
pub use entity::audit_event::Model as AuditEvent;
pub use entity::centre::Model as Centre;
pub use entity::credit_note::Model as CreditNote;
pub use entity::critical_finding::Model as CriticalFinding;
pub use entity::imaging_machine::Model as ImagingMachine;
pub use entity::instance::Model as Instance;
pub use entity::invoice::Model as Invoice;
pub use entity::invoice_change::Model as InvoiceChange;
pub use entity::job::Model as Job;
pub use entity::price::Model as Price;
pub use entity::queue::Model as Queue;
pub use entity::rendition::Model as Rendition;
pub use entity::report::Model as Report;
pub use entity::report_addendum::Model as ReportAddendum;
pub use entity::report_document::Model as ReportDocument;
pub use entity::report_key_image::Model as ReportKeyImage;
pub use entity::report_lock::Model as ReportLock;
pub use entity::report_macro::Model as ReportMacro;
pub use entity::report_template::Model as ReportTemplate;
pub use entity::report_version::Model as ReportVersion;
pub use entity::series::Model as Series;
pub use entity::statement::Model as Statement;
pub use entity::study::Model as Study;
pub use entity::user::Model as User;
pub use entity::worker_token::Model as WorkerToken;

pub use crate::studies::InstanceSummary;
