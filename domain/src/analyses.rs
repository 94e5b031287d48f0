//! Analyses: what software finds in the images of a study (contract S2-55..67). An aid, unverified until a radiologist verifies its report.
//!
//! Invariants: a series has one analysis of each model, the last; results keep the model, its version and hashes of its weights and of
//! what it read. A study has one report of the software, whose texts a further run replaces until a radiologist takes it over; it changes
//! no status.

mod ask;
mod read;
mod report;
mod write;

pub use ask::{analysis_ask, analysis_wait, analyzable, available};
pub use read::{
    analyses_by_study, analyses_by_uuid, analyses_of_study, analysis_counts_by_study, analysis_find, overlay_url,
};
pub use report::analysis_report;
pub use write::{NewAnalysis, analyses_replace, derived_add};

/// The name of the engine that needs no model.
pub const ENGINE: &str = "gantry";
