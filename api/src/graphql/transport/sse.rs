//! GraphQL over Server-Sent Events, distinct connections mode: one request, one stream of results.
//!
//! <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>

use std::{sync::Arc, time::Duration};

use async_graphql::Response as GraphQlResponse;
use bytes::Bytes;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use poem::{Body, Response, http::StatusCode};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    Settings,
    code::Code,
    gate::Session,
    negotiate::Media,
    refusal::Refusal,
    respond::{self, Answer},
};

const COMMENT: &[u8] = b":\n\n";
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// Streams `results` as events until they end, the client leaves, the session is over (which is told as an error), or
/// the server stops (no `complete`: the client comes back). A client that does not take an event in time is cut off in the
/// same way: nothing piles up for it, and it resumes from its cursor.
pub fn stream<C: Send + Sync + 'static>(
    mut results: BoxStream<'static, GraphQlResponse>,
    session: Session<C>,
    settings: &Arc<Settings>,
) -> Response {
    let settings = Arc::clone(settings);
    let patience = settings.send_timeout;
    let events = async_stream::stream! {
        let every = settings.sse_keep_alive;
        let mut keep_alive = interval_at(Instant::now() + every, every);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let over = session.over();
        tokio::pin!(over);
        // The first bytes tell the client, and proxies between, that the stream is open.
        yield Bytes::from_static(COMMENT);
        loop {
            tokio::select! {
                biased;
                () = settings.shutdown.cancelled() => return,
                end = &mut over => {
                    let refusal = Refusal::new(Code::Unauthenticated, end.reason());
                    yield next(refusal.into_response());
                    break;
                }
                result = results.next() => match result {
                    Some(result) => yield next(result),
                    None => break,
                },
                _ = keep_alive.tick() => yield Bytes::from_static(COMMENT),
            }
        }
        yield Bytes::from_static(COMPLETE);
    };
    respond::head(Media::EventStream, StatusCode::OK)
        // nginx and its kind hold back what they buffer.
        .header("X-Accel-Buffering", "no")
        .body(Body::from_bytes_stream(
            taken_in_time(events, patience).map(Ok::<_, std::io::Error>),
        ))
}

/// The same chunks, one ahead of the client, until one is not taken within `patience`.
fn taken_in_time(
    chunks: impl Stream<Item = Bytes> + Send + 'static,
    patience: Duration,
) -> impl Stream<Item = Bytes> + Send + 'static {
    let (sender, mut receiver) = mpsc::channel(1);
    let pump = async move {
        let mut chunks = std::pin::pin!(chunks);
        while let Some(chunk) = chunks.next().await {
            if sender.send_timeout(chunk, patience).await.is_err() {
                return;
            }
        }
    };
    let left = CancellationToken::new();
    tokio::spawn(left.clone().run_until_cancelled_owned(pump));
    let left = left.drop_guard();
    stream::poll_fn(move |cx| {
        let _ends_with_the_client = &left;
        receiver.poll_recv(cx)
    })
}

fn next(response: GraphQlResponse) -> Bytes {
    let answer = Answer::new(response);
    match serde_json::to_string(&answer) {
        // JSON as serde writes it has no line breaks, which would end the field.
        Ok(json) => Bytes::from(format!("event: next\ndata: {json}\n\n")),
        Err(error) => {
            tracing::error!(%error, "a GraphQL response cannot be written as JSON");
            Bytes::from_static(COMMENT)
        }
    }
}
