//! The way of GraphQL in and out, on one path: POST and GET (GraphQL over HTTP), Server-Sent Events (GraphQL over SSE,
//! distinct connections mode), WebSocket (graphql-transport-ws) and multipart uploads.
//!
//! It knows neither schema nor users: the executor runs operations and the [`Gate`] says who calls. async-graphql-poem
//! is not used: it runs mutations by GET and from untyped bodies, and gets close codes and statuses wrong.
//!
//! Invariants: a mutation runs only from a POST with a media type that needs a CORS preflight, or from a socket;
//! nothing is parsed before it is bounded ([`Limits`]); every operation is charged before it runs ([`Metering`]); no response with
//! data may be stored by a cache.

mod bill;
mod code;
mod document;
mod expansion;
mod gate;
mod http;
mod incoming;
mod introspection;
mod limits;
mod multipart;
mod negotiate;
mod order;
mod persisted;
mod refusal;
mod registered;
mod respond;
mod run;
mod sse;
mod websocket;

use std::{sync::Arc, time::Duration};

use async_graphql::Executor;
use poem::{Endpoint, Request, Response, http::header};
use tokio_util::sync::CancellationToken;

pub use self::{
    bill::{Bill, Metering},
    code::Code,
    gate::{Gate, InitPayload, Session, SessionEnd},
    incoming::{Allowance, Incoming},
    limits::Limits,
    multipart::{Upload, UploadReceiver},
    persisted::Documents,
    refusal::Refusal,
    registered::Registered,
};
pub use crate::rates::{Limiter, Payer};

/// What the transport allows. Defaults suit a server on the open internet.
pub struct Settings {
    /// Bounds on each document.
    pub limits: Limits,
    /// Which documents run, and those that need not be sent.
    pub documents: Documents,
    /// What each caller may ask in a minute; `None`: as much as they like.
    pub budget: Option<Arc<Limiter>>,
    /// Bytes of a JSON body, a socket message and the `operations` and `map` fields of an upload.
    pub body_bytes: usize,
    /// Operations in one HTTP batch.
    pub batch: usize,
    /// Files in one upload.
    pub files: usize,
    /// Operations that run at the same time on one socket.
    pub socket_operations: usize,
    /// How long a new socket may wait with `connection_init`.
    pub init_timeout: Duration,
    /// How long a client may take to receive one message before its socket is closed as too slow.
    pub send_timeout: Duration,
    /// Silence after which a socket is probed by a ping; after twice of it without a sign of life it is dropped.
    pub ping_interval: Duration,
    /// Interval of comments on an event stream, so that proxies do not take it for dead.
    pub sse_keep_alive: Duration,
    /// How long a request body may stall.
    pub body_idle: Duration,
    /// Cancelled when the server stops: sockets close with 1001 and event streams end, so that clients come back.
    pub shutdown: CancellationToken,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            documents: Documents::default(),
            budget: None,
            body_bytes: 1024 * 1024,
            batch: 10,
            files: 5_000,
            socket_operations: 100,
            init_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(15),
            ping_interval: Duration::from_secs(25),
            sse_keep_alive: Duration::from_secs(15),
            body_idle: Duration::from_secs(30),
            shutdown: CancellationToken::new(),
        }
    }
}

/// The endpoint for one path and every method: `Route::new().at("/graphql", Transport::new(schema, gate, settings))`.
#[derive(Clone)]
pub struct Transport<E, G> {
    executor: E,
    gate: G,
    settings: Arc<Settings>,
}

impl<E: Executor, G: UploadReceiver> Transport<E, G> {
    /// Serves `executor`, which must have [`Metering`] among its extensions, to the callers that `gate` lets in.
    pub fn new(executor: E, gate: G, settings: Settings) -> Self {
        Self {
            executor,
            gate,
            settings: Arc::new(settings),
        }
    }
}

impl<E: Executor, G: UploadReceiver> Endpoint for Transport<E, G> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let socket = request
            .header(header::UPGRADE.as_str())
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"));
        Ok(if socket {
            self.upgrade(request).await
        } else {
            self.http(request).await
        })
    }
}
