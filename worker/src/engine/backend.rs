//! The queue of jobs as apalis wants it: a `Backend`, which only hands over what the pump has leased.
//!
//! Invariant: `poll_*` never answer an error, because apalis then drops the worker with all that it runs; trouble with the
//! database stays in the pump, which tries again.

use super::context::JobCtx;
use super::lease::LeaseLayer;
use super::options::Options;
use super::pump::{Pump, give_back};
use super::registry::Handler;
use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::task_id::TaskId;
use apalis_core::worker::context::WorkerContext;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// An attempt to be made.
pub struct Work {
    pub ctx: JobCtx,
    pub handler: Handler,
}

pub struct JobBackend {
    hub: Arc<super::hub::Hub>,
    state: State,
    stop: CancellationToken,
    _stops_pump: DropGuard,
}

enum State {
    New(Box<Pump>),
    Pumping(mpsc::Receiver<Work>, JoinHandle<()>),
    Closing(BoxFuture<'static, ()>),
    Closed,
}

impl JobBackend {
    pub fn new(mut pump: Pump) -> Self {
        let stop = pump.stop.child_token();
        pump.stop = stop.clone();
        Self {
            hub: pump.hub.clone(),
            state: State::New(Box::new(pump)),
            _stops_pump: stop.clone().drop_guard(),
            stop,
        }
    }
}

impl Backend for JobBackend {
    type Task = Task<Work>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        if matches!(self.state, State::New(_))
            && let State::New(pump) = std::mem::replace(&mut self.state, State::Closed)
        {
            let (tx, rx) = mpsc::channel(pump.hub.options.batch);
            self.state = State::Pumping(rx, tokio::spawn(pump.run(tx)));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Option<Result<Task<Work>, Infallible>>> {
        let State::Pumping(work, _) = &mut self.state else {
            return Poll::Ready(None);
        };
        let next = ready!(work.poll_recv(cx));
        Poll::Ready(next.map(|work| Ok(task(work))))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        self.stop.cancel();
        if let State::Pumping(..) = self.state
            && let State::Pumping(mut work, pump) = std::mem::replace(&mut self.state, State::Closed)
        {
            let drain = async move {
                while let Some(work) = work.recv().await {
                    give_back(&work.ctx).await;
                }
                // A pump that panicked has nothing left to give back.
                let _ = pump.await;
            };
            self.state = State::Closing(drain.boxed());
        }
        if let State::Closing(closing) = &mut self.state {
            ready!(closing.as_mut().poll(cx));
            self.state = State::Closed;
        }
        Poll::Ready(Ok(()))
    }
}

/// The fencing number is part of the id: apalis must never meet two tasks with one id.
fn task(work: Work) -> Task<Work> {
    let lease = work.ctx.lease();
    let id = TaskId::from_string(format!("{}:{}", lease.job_id, lease.token));
    TaskBuilder::new(work).task_id(id).build()
}

impl BackendConfig for JobBackend {
    type Args = Work;
    type Id = Uuid;
    type Kind = Ephemeral;
    type Config = Options;
    type Layer = LeaseLayer;

    fn config(&self) -> &Options {
        &self.hub.options
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> LeaseLayer {
        LeaseLayer
    }
}
