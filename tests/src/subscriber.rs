//! A subscriber that does not give up: when its stream ends it comes back with the last cursor that it heard.
//!
//! It notes every cursor as it comes, doubled or not: the test compares them with the table.

use crate::client::{Client, Events};
use crate::outbox::BEGINNING;
use anyhow::{Context, Result, ensure};
use futures::{SinkExt, Stream, StreamExt};
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_util::task::AbortOnDropHandle;

const COME_BACK: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Sse,
    WebSocket,
}

/// What is subscribed to: a field with its arguments besides `after`, such as `studyUpdated` and `, id: "..."`.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub field: &'static str,
    pub arguments: String,
}

/// Listens until it is dropped.
pub struct Subscriber {
    pub way: Way,
    pub wanted: Wanted,
    heard: Arc<Mutex<Vec<String>>>,
    streams: Arc<AtomicUsize>,
    _listening: AbortOnDropHandle<()>,
}

impl Subscriber {
    /// From the first event of all.
    pub fn start(client: Client, way: Way, wanted: Wanted) -> Self {
        let (heard, streams) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let listening = listen(client, way, wanted.clone(), heard.clone(), streams.clone());
        Self {
            way,
            wanted,
            heard,
            streams,
            _listening: AbortOnDropHandle::new(tokio::spawn(listening)),
        }
    }

    /// The cursors that came, in their order.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Streams on which something came; one more than it came back.
    pub fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }
}

async fn listen(client: Client, way: Way, wanted: Wanted, heard: Arc<Mutex<Vec<String>>>, streams: Arc<AtomicUsize>) {
    let Wanted { field, arguments } = wanted;
    let query = format!("subscription($after: Cursor) {{ {field}(after: $after{arguments}) {{ cursor }} }}");
    let mut after = BEGINNING.to_owned();
    loop {
        let variables = json!({ "after": after });
        let opened = match way {
            Way::Sse => client.try_subscribe(&query, variables).await.map_err(Into::into),
            Way::WebSocket => socket(&client, &query, variables).await,
        };
        let mut first = true;
        if let Ok(mut events) = opened {
            // An answer without a cursor is an error, which ends a stream too.
            while let Some(event) = events.next().await
                && let Some(cursor) = event["data"][field]["cursor"].as_str()
            {
                if std::mem::take(&mut first) {
                    streams.fetch_add(1, Ordering::Relaxed);
                }
                after = cursor.to_owned();
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(after.clone());
            }
        }
        tokio::time::sleep(COME_BACK).await;
    }
}

/// One subscription over `graphql-transport-ws`, as a stream of answers.
async fn socket(client: &Client, query: &str, variables: Value) -> Result<Events> {
    let address = client.base.strip_prefix("http://").context("a base without TLS")?;
    let mut request = format!("ws://{address}/graphql").into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let (mut socket, _) = connect_async(request).await?;
    let token = client.token.as_deref().unwrap_or_default();
    let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } });
    socket.send(Message::text(init.to_string())).await?;
    let acknowledged = socket.next().await.context("a closed socket")??;
    ensure!(acknowledged.to_text()?.contains("connection_ack"), "{acknowledged}");
    let payload = json!({ "query": query, "variables": variables });
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": payload });
    socket.send(Message::text(subscribe.to_string())).await?;
    let answers: Pin<Box<dyn Stream<Item = Value> + Send>> = Box::pin(socket.filter_map(async |message| {
        let message: Value = serde_json::from_str(message.ok()?.to_text().ok()?).ok()?;
        // `error` and `complete` have no data: the listener takes them for the end.
        (message["type"] != "ping").then(|| message["payload"].clone())
    }));
    Ok(answers)
}
