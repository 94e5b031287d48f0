//! `invoice_pdf`: an invoice as it is now, and its credit note if it has one, as PDF.

use super::{Job, queues};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePdfV1 {
    pub invoice_id: i64,
}

impl Job for InvoicePdfV1 {
    const KIND: &'static str = "invoice_pdf";
    const QUEUE: &'static str = queues::DOCUMENTS;

    fn unique_key(&self) -> Option<String> {
        Some(self.invoice_id.to_string())
    }
}
