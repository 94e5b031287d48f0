//! `report_pdf`: a verified report with its addenda as PDF.

use super::{Job, queues};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPdfV1 {
    pub report_id: i64,
}

impl Job for ReportPdfV1 {
    const KIND: &'static str = "report_pdf";
    const QUEUE: &'static str = queues::DOCUMENTS;

    fn unique_key(&self) -> Option<String> {
        Some(self.report_id.to_string())
    }
}
