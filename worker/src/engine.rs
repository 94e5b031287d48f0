//! Runs attempts of jobs. Knows no kind of job: it is given a registry of handlers.
//!
//! The way of a job: `pump` leases it (one pump a queue), `backend` hands it to apalis, `lease` runs the attempt and watches it,
//! `outcome` says what its end means, `settler` writes it, `hub` keeps the leases of the process alive.

mod backend;
mod context;
mod error;
mod hub;
mod lease;
mod options;
mod outcome;
mod pump;
mod registry;
mod runtime;
mod settler;
mod slots;

pub use context::{Completion, JobCtx, Stop};
pub use error::JobError;
pub use options::Options;
pub use registry::Registry;
pub use runtime::Engine;
