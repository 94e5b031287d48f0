//! When the DataLoaders of an operation read: whenever the operation can go no further without them.
//!
//! async-graphql's loaders wait for a millisecond, which is too short for a long list on a busy machine, so that one list is read in
//! several statements, and too long for everybody else. Here what is asked for while the operation is driven is read when it has
//! come to rest: all siblings of a list have asked by then. Reads are driven by the operation's own task, so that all who wait for
//! one hear of its end together, and what they ask next is again one read. The number of statements does not depend on chance.

use super::loaders::Loaders;
use async_graphql::Data;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::any::TypeId;
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

    fn of(data: &Data) -> Self {
        let loaders = data.get(&TypeId::of::<Loaders>()).and_then(|loaders| loaders.downcast_ref::<Loaders>());
        loaders.map(|loaders| loaders.batches.clone()).unwrap_or_default()
    }
}

/// The reads of an operation that are under way.
pub struct Reads {
    batches: Batches,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Reads {
    /// Of the operation that has this data.
    pub fn of(data: &Data) -> Self {
        Self {
            batches: Batches::of(data),
            running: FuturesUnordered::new(),
        }
    }

    /// Drives an operation, and when it has come to rest what it waits for.
    pub fn drive<T>(&mut self, cx: &Context<'_>, mut operation: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
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
