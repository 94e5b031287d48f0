//! `billing_statement`: what a centre was billed in a month, as PDF and CSV.

use super::{Job, queues};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingStatementV1 {
    pub statement_id: i64,
}

impl Job for BillingStatementV1 {
    const KIND: &'static str = "billing_statement";
    const QUEUE: &'static str = queues::DOCUMENTS;

    fn unique_key(&self) -> Option<String> {
        Some(self.statement_id.to_string())
    }
}
