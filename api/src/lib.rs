//! Everything that speaks HTTP: GraphQL, the documented REST APIs, pictures, pages, health and metrics.
//!
//! Invariant: a resolver or handler authorises nothing and queries nothing itself; it parses, calls one service, maps the answer.

pub mod audit;
mod caller;
mod compression;
mod cookies;
mod edge;
pub mod graphql;
mod media;
mod operations;
mod pages;
mod rates;
mod rest;
mod revalidation;
pub mod routes;
mod secrets;
pub mod server;
mod telemetry;

pub use server::{check, serve, serve_operations};
