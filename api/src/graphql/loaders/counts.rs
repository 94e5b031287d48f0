//! Lazy counts of lists within rows: one statement for all lists of a kind.

use super::Reader;
use async_graphql::dataloader::Loader;
use domain::{Error, analyses, audit, billing, critical_findings, events, jobs, reports, studies};
use std::collections::HashMap;
use std::sync::Arc;

/// What is counted, and of which row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CountOf(pub Counted, pub i64);

/// Lists within a study, a centre, a report or an invoice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    Jobs,
    Events,
    Priors,
    Assignments,
    Reports,
    CriticalFindings,
    /// Of a report.
    Addenda,
    /// Of a report.
    KeyImages,
    Invoices,
    InvoiceChanges,
    Accesses,
    Analyses,
}

impl Loader<CountOf> for Reader<CountOf> {
    type Value = i64;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[CountOf]) -> Result<HashMap<CountOf, i64>, Arc<Error>> {
        let mut wanted: HashMap<Counted, Vec<i64>> = HashMap::new();
        for CountOf(what, parent) in keys {
            wanted.entry(*what).or_default().push(*parent);
        }
        let mut all = HashMap::new();
        for (what, ids) in wanted {
            let counts = match what {
                Counted::Jobs => jobs::job_counts_by_study(&self.app, &self.ctx, &ids).await?,
                Counted::Events => events::event_counts_by_study(&self.app, &self.ctx, &ids).await?,
                Counted::Reports => reports::report_counts_by_study(&self.app, &self.ctx, &ids).await?,
                Counted::CriticalFindings => critical_findings::finding_counts_by_study(&self.app, &ids).await?,
                Counted::Addenda => reports::addendum_counts_by_report(&self.app, &ids).await?,
                Counted::KeyImages => reports::key_image_counts_by_report(&self.app, &ids).await?,
                Counted::Invoices => billing::invoice_counts_by_centre(&self.app, &self.ctx, &ids).await?,
                Counted::InvoiceChanges => billing::change_counts_by_invoice(&self.app, &ids).await?,
                Counted::Assignments => studies::assignment_counts_by_study(&self.app, &ids).await?,
                Counted::Analyses => analyses::analysis_counts_by_study(&self.app, &ids).await?,
                Counted::Accesses => audit::access_counts_by_study(&self.app, &self.ctx, &ids).await?,
                Counted::Priors => studies::prior_counts_by_study(&self.app, &ids).await?,
            };
            all.extend(counts.into_iter().map(|(parent, count)| (CountOf(what, parent), count)));
        }
        Ok(all)
    }
}
