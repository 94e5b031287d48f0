//! What the job engine promises, on SQLite and, when `GANTRY_TEST_POSTGRES_URL` names a server, on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

mod cancelling;
mod completing;
mod failing;
mod fixture;
mod kinds;
mod losing;
mod ordering;
mod outages;
mod queues;
mod trimming;
