//! Which kinds of jobs a worker can do, and how.

use super::context::JobCtx;
use super::error::JobError;
use domain::jobs::Job;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

type Run = dyn Fn(JobCtx) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync;

#[derive(Clone)]
pub struct Handler {
    pub queue: &'static str,
    pub timeout: Duration,
    run: Arc<Run>,
}

impl Handler {
    pub fn run(&self, ctx: JobCtx) -> BoxFuture<'static, Result<(), JobError>> {
        (self.run)(ctx)
    }
}

#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Handler>);

impl Registry {
    /// A payload that cannot be read is a permanent error of the job.
    #[must_use]
    pub fn with<J, F, R>(mut self, handler: F) -> Self
    where
        J: Job,
        F: Fn(J, JobCtx) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let run = move |ctx: JobCtx| match J::deserialize(&ctx.job().payload) {
            Ok(job) => handler(job, ctx).map(|answer| answer.and_then(|()| next_run(J::EVERY))).boxed(),
            Err(error) => {
                let error = anyhow::Error::from(error).context("the payload cannot be read");
                std::future::ready(Err(JobError::Permanent(error))).boxed()
            }
        };
        let handler = Handler {
            queue: J::QUEUE,
            timeout: J::TIMEOUT,
            run: Arc::new(run),
        };
        self.0.insert(J::KIND, handler);
        self
    }

    pub fn get(&self, kind: &str) -> Option<&Handler> {
        self.0.get(kind)
    }

    /// The queues, each with its kinds.
    pub fn queues(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut queues = BTreeMap::<_, Vec<_>>::new();
        for (kind, handler) in &self.0 {
            queues.entry(handler.queue).or_default().push(*kind);
        }
        queues
    }
}

/// A job that recurs waits for its next run instead of ending.
fn next_run(every: Option<Duration>) -> Result<(), JobError> {
    every.map_or(Ok(()), |every| Err(JobError::Snooze(every)))
}
