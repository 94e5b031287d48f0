//! The GraphQL transport over a real socket, with a schema of its own.

#![allow(clippy::unwrap_used)]

mod cost;
mod hostile;
mod http;
mod multipart;
mod panics;
mod persisted;
mod server;
mod sse;
mod websocket;
