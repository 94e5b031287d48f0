//! The test harness: the real server on a random port, with its own database and object store.
//!
//! `GANTRY_TEST_BACKEND=postgres` runs everything on PostgreSQL (`GANTRY_TEST_POSTGRES_URL`) and S3; else on SQLite and a folder.

pub mod app;
pub mod client;
pub mod corpus;
pub mod dicom;
pub mod disk;
pub mod outbox;
pub mod own_postgres;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod s3;
pub mod seed;
pub mod subscriber;
pub mod wait;
pub mod worklist;

pub use app::TestApp;
pub use client::Client;
