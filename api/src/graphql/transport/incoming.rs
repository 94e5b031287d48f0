//! A request body as a stream that cannot hold the server: it stalls no longer than allowed, gives one chunk a poll,
//! bounds what may pass between two marks, and is drained for a while when it is dropped early.
//!
//! multer reads on within one poll for as long as bytes are ready, and it buffers a part's headers without bound: the
//! pause and the allowance take both away. A refused upload is drained so that the client, still sending, reads the
//! refusal instead of a reset connection.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, Stream, StreamExt, stream::BoxStream};
use poem::Body;
use tokio::{runtime::Handle, time::Sleep};

use super::{code::Code, refusal::Refusal};

/// How long, and how much, a refused body is read on.
const DRAIN_TIME: Duration = Duration::from_secs(5);
const DRAIN_BYTES: usize = 256 * 1024 * 1024;

/// A request body.
pub struct Incoming {
    /// `None` at the end, after an error, or after a stall.
    inner: Option<BoxStream<'static, io::Result<Bytes>>>,
    idle: Duration,
    stall: Pin<Box<Sleep>>,
    paused: bool,
    allowance: Allowance,
}

/// How many bytes a body may still give; shared with whoever reads the body through a parser.
#[derive(Clone)]
pub struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    /// Bytes from here on. The chunk in which they run out still passes.
    pub fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    fn take(&self, bytes: usize) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.set(left.saturating_sub(bytes));
        left > 0
    }
}

impl Incoming {
    /// `idle` is the longest time between two chunks.
    pub fn new(body: Body, idle: Duration) -> Self {
        Self {
            inner: Some(body.into_bytes_stream().boxed()),
            idle,
            stall: Box::pin(tokio::time::sleep(idle)),
            paused: false,
            allowance: Allowance(Arc::new(AtomicUsize::new(usize::MAX))),
        }
    }

    /// A handle to bound what passes.
    pub fn allowance(&self) -> Allowance {
        self.allowance.clone()
    }

    /// The whole body, of at most `limit` bytes.
    pub async fn read(mut self, limit: usize) -> Result<Bytes, Refusal> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.next().await {
            let chunk = chunk.map_err(|error| unreadable(&error))?;
            if whole.len() + chunk.len() > limit {
                return Err(too_large("The body", limit));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }
}

/// A body or field of more than `limit` bytes.
pub(super) fn too_large(what: &str, limit: usize) -> Refusal {
    Refusal::new(Code::PayloadTooLarge, format!("{what} is larger than {limit} bytes."))
}

/// A body that could not be read to its end.
pub(super) fn unreadable(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::TimedOut => Refusal::new(Code::RequestTimeout, "The body did not arrive in time."),
        _ => Refusal::bad_request("The body ended before it was complete."),
    }
}

impl Stream for Incoming {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.paused) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(inner) = self.inner.as_mut() else {
            return Poll::Ready(None);
        };
        match inner.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.paused = true;
                let next = tokio::time::Instant::now() + self.idle;
                self.stall.as_mut().reset(next);
                if self.allowance.take(chunk.len()) {
                    Poll::Ready(Some(Ok(chunk)))
                } else {
                    let error = io::Error::other("headers of a part are too long");
                    Poll::Ready(Some(Err(error)))
                }
            }
            Poll::Ready(other) => {
                self.inner = None;
                Poll::Ready(other)
            }
            Poll::Pending => {
                if self.stall.poll_unpin(context).is_ready() {
                    self.inner = None;
                    return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
                }
                Poll::Pending
            }
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let (Some(rest), Ok(runtime)) = (self.inner.take(), Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(DRAIN_TIME, drain(rest)));
        }
    }
}

async fn drain(mut rest: BoxStream<'static, io::Result<Bytes>>) {
    let mut left = DRAIN_BYTES;
    while let Some(Ok(chunk)) = rest.next().await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}
