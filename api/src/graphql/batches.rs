//! When the DataLoaders of an operation read: whenever the operation can go no further without them.
//!
//! async-graphql's loaders wait for a millisecond, which is too short for a long list on a busy machine, so that one list is read in
//! several statements, and too long for everybody else. Here what is asked for while the operation is driven is read when it has
//! come to rest: all siblings of a list have asked by then. Reads are driven by the operation's own task, so that all who wait for
//! one hear of its end together, and what they ask next is again one read. The number of statements does not depend on chance.

use super::GantrySchema;
use super::loaders::Loaders;
use async_graphql::{Data, Executor, Request, Response};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, FuturesUnordered};
use std::any::TypeId;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Reads that wait for the operation to come to rest.
#[derive(Clone, Default)]
pub struct Batches(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl Batches {
    pub fn add(&self, read: BoxFuture<'static, ()>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(read);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Of the operation that has this data.
    fn of(data: &Data) -> Self {
        let loaders = data.get(&TypeId::of::<Loaders>()).and_then(|loaders| loaders.downcast_ref::<Loaders>());
        loaders.map(|loaders| loaders.batches.clone()).unwrap_or_default()
    }
}

/// The reads of an operation that are under way.
struct Reads {
    batches: Batches,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Reads {
    fn new(batches: Batches) -> Self {
        Self {
            batches,
            running: FuturesUnordered::new(),
        }
    }

    /// Drives an operation, and when it has come to rest what it waits for.
    fn drive<T>(&mut self, cx: &Context<'_>, mut operation: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        loop {
            let noted = Arc::new(Noted {
                woken: AtomicBool::new(false),
                waker: cx.waker().clone(),
            });
            let waker = Waker::from(noted.clone());
            if let Poll::Ready(answer) = operation(&mut Context::from_waker(&waker)) {
                return Poll::Ready(answer);
            }
            // A long list is driven in several goes: it is not at rest yet.
            if noted.woken.load(Ordering::Acquire) {
                return Poll::Pending;
            }
            self.running.extend(self.batches.take());
            let mut ended = false;
            while let Poll::Ready(Some(())) = self.running.poll_next_unpin(&mut Context::from_waker(cx.waker())) {
                ended = true;
            }
            if !ended {
                return Poll::Pending;
            }
        }
    }
}

/// Passes on who wakes the operation, and remembers it.
struct Noted {
    woken: AtomicBool,
    waker: Waker,
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.waker.wake_by_ref();
    }
}

/// The schema as the transport runs it.
#[derive(Clone)]
pub struct Batched(pub GantrySchema);

impl Executor for Batched {
    async fn execute(&self, request: Request) -> Response {
        let mut reads = Reads::new(Batches::of(&request.data));
        let mut operation = pin!(self.0.execute(request));
        poll_fn(|cx| reads.drive(cx, |cx| operation.as_mut().poll(cx))).await
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let mut reads = Reads::new(Batches::of(&request.data));
        let mut answers = Executor::execute_stream(&self.0, request, session);
        futures::stream::poll_fn(move |cx| reads.drive(cx, |cx| answers.as_mut().poll_next(cx))).boxed()
    }
}
