//! GraphQL over WebSocket: our own loop of the subprotocol `graphql-transport-ws`.
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>
//!
//! One task a socket, and one message under way: while a client does not take a message its operations are not polled,
//! so nothing piles up, and a client that takes too long is closed. Everything ends with the task.
//!
//! | Code | Meaning | The client should |
//! |---|---|---|
//! | 1001 | the server stops | connect again |
//! | 1013 | messages were not taken in time | connect again and resume from its cursor |
//! | 4400 | a message is not of the protocol, or too large | be repaired |
//! | 4401 | `subscribe` before `connection_init` | be repaired |
//! | 4403 | refused, token expired, or session ended | connect again with fresh credentials |
//! | 4406 | another subprotocol | offer `graphql-transport-ws` |
//! | 4408 | no `connection_init` in time | connect again |
//! | 4409 | an id is in use | be repaired |
//! | 4429 | a second `connection_init` | be repaired |

use std::{borrow::Cow, collections::HashMap, convert::Infallible};

use async_graphql::{Executor, Response as GraphQlResponse};
use futures::{
    SinkExt, StreamExt,
    stream::{AbortHandle, BoxStream, SelectAll, abortable},
};
use poem::{
    FromRequest, IntoResponse, Request, Response,
    http::header,
    web::websocket::{Message, WebSocket, WebSocketConfig, WebSocketStream},
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{
    Transport,
    code::Code,
    document::Params,
    gate::{InitPayload, Session},
    multipart::UploadReceiver,
    negotiate::Media,
    refusal::Refusal,
    respond::{self, Answer},
};

const PROTOCOL: &str = "graphql-transport-ws";

/// Longest id of an operation; clients use numbers or UUIDs.
const ID_BYTES: usize = 128;

/// Longest close reason that fits a control frame (RFC 6455, section 5.5).
const REASON_BYTES: usize = 123;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ClientMessage {
    ConnectionInit {
        #[serde(default)]
        payload: Option<InitPayload>,
    },
    Subscribe {
        id: String,
        payload: Params,
    },
    Complete {
        id: String,
    },
    Ping {
        #[serde(default)]
        payload: Option<serde_json::Value>,
    },
    Pong {},
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ServerMessage<'a> {
    ConnectionAck,
    Next {
        id: &'a str,
        payload: &'a Answer,
    },
    Error {
        id: &'a str,
        payload: &'a [async_graphql::ServerError],
    },
    Complete {
        id: &'a str,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<serde_json::Value>,
    },
}

/// How a socket ends.
enum Close {
    /// With a close frame.
    With(u16, Cow<'static, str>),
    /// Without: the client left or cannot be reached.
    Gone,
}

impl Close {
    fn bad(reason: &'static str) -> Self {
        Self::With(4400, reason.into())
    }

    fn forbidden(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::With(4403, reason.into())
    }
}

/// What an operation gave; `None` at its end.
type Event = (String, Option<GraphQlResponse>);

impl<E: Executor, G: UploadReceiver> Transport<E, G> {
    /// Answers a request for an upgrade and leaves the socket to a task of its own.
    pub(super) async fn upgrade(&self, request: Request) -> Response {
        let socket = match WebSocket::from_request_without_body(&request).await {
            Ok(socket) => socket,
            Err(_) => {
                let refusal = Refusal::bad_request("The WebSocket handshake is incomplete.");
                return respond::refused(Media::Json, refusal, "GET");
            }
        };
        let transport = self.clone();
        let limit = self.settings.body_bytes;
        // The limit itself is answered with 4400; far beyond it a message is not even collected.
        let config = WebSocketConfig::default()
            .read_buffer_size(8 * 1024)
            .max_message_size(Some(2 * limit))
            .max_frame_size(Some(2 * limit));
        socket
            .protocols([PROTOCOL])
            .config(config)
            .on_upgrade(move |stream| transport.converse(stream, request))
            .into_response()
    }

    async fn converse(self, stream: WebSocketStream, upgrade: Request) {
        let shutdown = self.settings.shutdown.clone();
        let mut conversation = Conversation {
            transport: self,
            stream,
            operations: SelectAll::new(),
            running: HashMap::new(),
        };
        let close = tokio::select! {
            close = conversation.hold(upgrade) => close,
            () = shutdown.cancelled() => Close::With(1001, "The server stops: connect again".into()),
        };
        conversation.close(close).await;
    }
}

struct Conversation<E, G> {
    transport: Transport<E, G>,
    stream: WebSocketStream,
    operations: SelectAll<BoxStream<'static, Event>>,
    running: HashMap<String, AbortHandle>,
}

impl<E: Executor, G: UploadReceiver> Conversation<E, G> {
    async fn hold(&mut self, upgrade: Request) -> Close {
        if !offers_protocol(&upgrade) {
            return Close::With(4406, "Subprotocol not acceptable: offer graphql-transport-ws".into());
        }
        let greeting = timeout(self.transport.settings.init_timeout, self.await_init()).await;
        let payload = match greeting {
            Ok(Ok(payload)) => payload,
            Ok(Err(close)) => return close,
            Err(_) => return Close::With(4408, "Connection initialisation timeout".into()),
        };
        let session = match self.transport.gate.socket(&upgrade, payload).await {
            Ok(session) => session,
            Err(refusal) => return Close::forbidden(refusal.message),
        };
        drop(upgrade);
        tokio::select! {
            result = self.serve(&session) => {
                let Err(close) = result;
                close
            }
            end = session.over() => Close::forbidden(end.reason()),
        }
    }

    async fn await_init(&mut self) -> Result<InitPayload, Close> {
        let limit = self.transport.settings.body_bytes;
        loop {
            match receive(&mut self.stream, limit).await? {
                Some(ClientMessage::ConnectionInit { payload }) => {
                    return Ok(payload.unwrap_or_default());
                }
                Some(ClientMessage::Subscribe { .. }) => {
                    return Err(Close::With(4401, "Unauthorized: send connection_init first".into()));
                }
                Some(ClientMessage::Ping { payload }) => {
                    self.send(&ServerMessage::Pong { payload }).await?;
                }
                Some(ClientMessage::Complete { .. } | ClientMessage::Pong {}) | None => {}
            }
        }
    }

    async fn serve(&mut self, session: &Session<G::Caller>) -> Result<Infallible, Close> {
        self.send(&ServerMessage::ConnectionAck).await?;
        let every = self.transport.settings.ping_interval;
        let mut probe = interval_at(Instant::now() + every, every);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        let limit = self.transport.settings.body_bytes;
        loop {
            tokio::select! {
                message = receive(&mut self.stream, limit) => {
                    heard = Instant::now();
                    if let Some(message) = message? {
                        self.obey(session, message).await?;
                    }
                }
                Some((id, result)) = self.operations.next() => self.deliver(&id, result).await?,
                _ = probe.tick() => {
                    if heard.elapsed() > 2 * every {
                        return Err(Close::Gone);
                    }
                    self.transmit(Message::ping(Vec::new())).await?;
                }
            }
        }
    }

    async fn obey(&mut self, session: &Session<G::Caller>, message: ClientMessage) -> Result<(), Close> {
        match message {
            ClientMessage::ConnectionInit { .. } => Err(Close::With(4429, "Too many initialisation requests".into())),
            ClientMessage::Subscribe { id, payload } => self.subscribe(session, id, payload).await,
            ClientMessage::Complete { id } => {
                if let Some(operation) = self.running.remove(&id) {
                    operation.abort();
                }
                Ok(())
            }
            ClientMessage::Ping { payload } => self.send(&ServerMessage::Pong { payload }).await,
            ClientMessage::Pong {} => Ok(()),
        }
    }

    async fn subscribe(&mut self, session: &Session<G::Caller>, id: String, params: Params) -> Result<(), Close> {
        if id.is_empty() || id.len() > ID_BYTES {
            return Err(Close::bad("The id of an operation has 1 to 128 bytes"));
        }
        if self.running.contains_key(&id) {
            return Err(Close::With(4409, format!("Subscriber for {id} already exists").into()));
        }
        let settings = &self.transport.settings;
        if self.running.len() >= settings.socket_operations {
            let refusal = Refusal::new(
                Code::TooManyOperations,
                format!("At most {} operations run on one socket.", settings.socket_operations),
            );
            return self.refuse(&id, refusal).await;
        }
        let bill = self.transport.bill(&session.caller);
        let operation = match self.transport.read(&bill, params) {
            Ok(operation) => operation,
            Err(refusal) => return self.refuse(&id, refusal).await,
        };
        let data = self.transport.gate.operation(&session.caller);
        let results = self.transport.stream(operation, data, &bill);
        let (results, handle) = abortable(results.map(Some).chain(futures::stream::iter([None])));
        self.running.insert(id.clone(), handle);
        self.operations.push(results.map(move |result| (id.clone(), result)).boxed());
        Ok(())
    }

    async fn deliver(&mut self, id: &str, result: Option<GraphQlResponse>) -> Result<(), Close> {
        let Some(response) = result else {
            self.running.remove(id);
            return self.send(&ServerMessage::Complete { id }).await;
        };
        let answer = Answer::new(response);
        if answer.is_request_error() {
            // `error` ends the operation: no `complete` follows.
            if let Some(operation) = self.running.remove(id) {
                operation.abort();
            }
            let payload = answer.errors();
            return self.send(&ServerMessage::Error { id, payload }).await;
        }
        let payload = &answer;
        self.send(&ServerMessage::Next { id, payload }).await
    }

    async fn refuse(&mut self, id: &str, refusal: Refusal) -> Result<(), Close> {
        let payload = &[refusal.into_error()];
        self.send(&ServerMessage::Error { id, payload }).await
    }

    async fn send(&mut self, message: &ServerMessage<'_>) -> Result<(), Close> {
        match serde_json::to_string(message) {
            Ok(text) => self.transmit(Message::Text(text)).await,
            Err(error) => {
                tracing::error!(%error, "a GraphQL response cannot be written as JSON");
                Err(Close::With(1011, "Internal error".into()))
            }
        }
    }

    async fn transmit(&mut self, message: Message) -> Result<(), Close> {
        match timeout(self.transport.settings.send_timeout, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Close::Gone),
            Err(_) => Err(Close::With(
                1013,
                "Messages were not taken in time: connect again".into(),
            )),
        }
    }

    /// Ends every operation, tells the client why, and waits a moment for its answer, so that the frame is not lost.
    async fn close(mut self, close: Close) {
        self.operations.clear();
        if let Close::With(code, mut reason) = close {
            if reason.len() > REASON_BYTES {
                let end = reason.floor_char_boundary(REASON_BYTES);
                reason.to_mut().truncate(end);
            }
            if self.transmit(Message::close_with(code, reason)).await.is_err() {
                return;
            }
        }
        let farewell = async { while let Some(Ok(_)) = self.stream.next().await {} };
        if timeout(self.transport.settings.send_timeout, farewell).await.is_err() {
            tracing::debug!("a client did not answer the end of its socket");
        }
    }
}

fn offers_protocol(request: &Request) -> bool {
    request
        .headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|protocol| protocol.trim() == PROTOCOL)
}

/// The next message of at most `limit` bytes; `None` for a frame that is none, like a pong.
async fn receive(stream: &mut WebSocketStream, limit: usize) -> Result<Option<ClientMessage>, Close> {
    match stream.next().await {
        Some(Ok(Message::Text(text))) if text.len() > limit => Err(Close::bad("The message is too large")),
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|_| Close::bad("The message is not one of graphql-transport-ws")),
        Some(Ok(Message::Binary(_))) => Err(Close::bad("Messages are text, not binary")),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Close::Gone),
    }
}
