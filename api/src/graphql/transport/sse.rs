//! GraphQL over Server-Sent Events, distinct connections mode: one request, one stream of results.
//!
//! <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>

use std::sync::Arc;

use async_graphql::Response as GraphQlResponse;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use poem::{Body, Response, http::StatusCode};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{
    Settings,
    gate::Session,
    negotiate::Media,
    refusal::{Code, Refusal},
    respond::{self, Answer},
};

const COMMENT: &[u8] = b":\n\n";
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// Streams `results` as events until they end, the client leaves, the session is over (which is told as an error), or
/// the server stops (no `complete`: the client comes back).
pub fn stream<C: Send + Sync + 'static>(
    mut results: BoxStream<'static, GraphQlResponse>,
    session: Session<C>,
    settings: &Arc<Settings>,
) -> Response {
    let settings = Arc::clone(settings);
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
        .body(Body::from_bytes_stream(events.map(Ok::<_, std::io::Error>)))
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
