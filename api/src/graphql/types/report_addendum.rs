//! `ReportAddendum`: what was added to a verified report.

use super::ReportSignature;
use async_graphql::Object;
use domain::rows;

pub struct ReportAddendum {
    pub row: rows::ReportAddendum,
    /// The report's.
    pub study_id: i64,
}

/// What was added to a verified report, signed on its own; it never changes.
#[Object]
impl ReportAddendum {
    /// Counted from 1.
    async fn number(&self) -> i32 {
        self.row.number
    }

    /// What is added.
    async fn text(&self) -> &str {
        &self.row.text
    }

    /// Who answers for it.
    async fn signature(&self) -> ReportSignature {
        ReportSignature::of_addendum(&self.row, self.study_id)
    }
}
