//! The services of Gantry: everything it knows and does, with no HTTP and no job runtime.
//!
//! Invariants: every service function takes the acting `Context` and asks `policy` before it touches data; a write that needs
//! work done enqueues the job in the same transaction; a write that others wait for appends its event in the same transaction.

pub mod analyses;
pub mod app;
pub mod audit;
pub mod billing;
pub mod centres;
pub mod config;
pub mod context;
pub mod critical_findings;
pub mod db;
pub mod error;
pub mod events;
pub mod identity;
pub mod imaging_machines;
pub mod input;
pub mod jobs;
pub mod media;
pub mod money;
pub mod page;
pub mod policy;
pub mod prices;
pub mod radiologists;
pub mod rate_use;
pub mod reports;
pub mod rows;
pub mod setup;
pub mod signals;
pub mod storage;
pub mod studies;
pub mod uploads;
pub mod usage;
pub mod users;
pub mod worker_tokens;

pub use app::App;
pub use config::Config;
pub use context::Context;
pub use error::{Error, Result};
