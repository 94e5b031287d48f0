//! The GraphQL transport over a real socket, with a schema of its own.

#![allow(clippy::unwrap_used)]

mod hostile;
mod http;
mod multipart;
mod server;
mod sse;
mod websocket;
