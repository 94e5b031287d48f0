//! What a handler sees of its attempt.

use super::error::JobError;
use super::hub::Hub;
use super::slots::Slot;
use domain::db::{Db, Transaction};
use domain::jobs::store::{self, Fetched, Lease};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Subscribers of a job see no more of its progress than this.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
const COMMIT_QUESTIONS: u32 = 20;
const COMMIT_QUESTIONS_EVERY: Duration = Duration::from_millis(250);

/// Why an attempt is asked to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Somebody cancelled the job.
    Cancelled,
    /// Another worker may have the job by now.
    LeaseLost,
    /// This process ends.
    Shutdown,
    /// The attempt took longer than its kind may.
    TimedOut,
}

/// One attempt. Cheap to clone, also into `spawn_blocking`; the slot of the queue is free when the handler has answered (unless too
/// many ends wait to be written), or when the last clone is gone.
#[derive(Clone)]
pub struct JobCtx(Arc<Attempt>);

pub(super) struct Attempt {
    hub: Arc<Hub>,
    job: Fetched,
    halted: CancellationToken,
    reason: OnceLock<Stop>,
    /// The job was completed by a transaction of the handler.
    completed: AtomicBool,
    progressed: Mutex<Option<Instant>>,
    renewed: Mutex<Instant>,
    slot: Mutex<Option<Slot>>,
}

impl JobCtx {
    /// `leased`: when its lease was asked for.
    pub(super) fn new(hub: Arc<Hub>, job: Fetched, mut slot: Slot, leased: Instant) -> Self {
        slot.begin();
        Self(Arc::new(Attempt {
            hub,
            job,
            halted: CancellationToken::new(),
            reason: OnceLock::new(),
            completed: AtomicBool::new(false),
            progressed: Mutex::new(None),
            renewed: Mutex::new(leased),
            slot: Mutex::new(Some(slot)),
        }))
    }

    pub fn job(&self) -> &Fetched {
        &self.0.job
    }

    pub fn lease(&self) -> &Lease {
        &self.0.job.lease
    }

    fn db(&self) -> &Db {
        &self.0.hub.db
    }

    /// To be called between frames and stages; costs one atomic load.
    pub fn check(&self) -> Result<(), JobError> {
        match self.stopped() {
            None => Ok(()),
            Some(reason) => Err(JobError::Stopped(reason)),
        }
    }

    /// Resolves when the attempt should give up; for waiting on something else at the same time.
    pub async fn halted(&self) {
        self.0.halted.cancelled().await;
    }

    /// Says how far the attempt is, from 0 to 1. Written at most four times a second: call it as often as is handy.
    pub async fn progress(&self, done: f64) -> Result<(), JobError> {
        self.check()?;
        {
            let mut last = self.0.progressed.lock().unwrap_or_else(PoisonError::into_inner);
            if last.is_some_and(|at| at.elapsed() < PROGRESS_EVERY) {
                return Ok(());
            }
            *last = Some(Instant::now());
        }
        match store::progress(self.db(), self.lease(), done).await? {
            true => Ok(()),
            false => Err(self.lost()),
        }
    }

    /// Opens the transaction for results, which commits together with the completion of the job. The fenced completion runs
    /// first: it locks the job's row, and fails before any result is written when the lease is gone.
    pub async fn completing(&self) -> Result<Completion<'_>, JobError> {
        self.check()?;
        let transaction = self.db().begin().await?;
        match store::succeed(&transaction, self.lease(), self.job().study_id).await? {
            true => Ok(Completion { transaction, job: self }),
            false => Err(self.lost()),
        }
    }

    fn lost(&self) -> JobError {
        self.halt(Stop::LeaseLost);
        JobError::Stopped(Stop::LeaseLost)
    }

    pub(super) fn hub(&self) -> &Arc<Hub> {
        &self.0.hub
    }

    pub(super) fn downgrade(&self) -> Weak<Attempt> {
        Arc::downgrade(&self.0)
    }

    pub(super) fn upgrade(weak: &Weak<Attempt>) -> Option<Self> {
        weak.upgrade().map(Self)
    }

    /// The first reason stays.
    pub(super) fn halt(&self, why: Stop) {
        // Err: a reason is there already.
        let _ = self.0.reason.set(why);
        self.0.halted.cancel();
    }

    pub(super) fn stopped(&self) -> Option<Stop> {
        self.0.reason.get().copied()
    }

    pub(super) fn completed(&self) -> bool {
        self.0.completed.load(Ordering::Acquire)
    }

    pub(super) fn renewed_at(&self, at: Instant) {
        *self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    pub(super) fn renewed(&self) -> Instant {
        *self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By this process's own clock, and rather too early: the lease was asked for before it began.
    pub(super) fn lease_is_over(&self) -> bool {
        self.renewed().elapsed() > self.0.hub.options.lease
    }

    /// The handler has answered: its slot is for the next job, also before the end is written.
    pub(super) fn free_slot(&self) {
        drop(self.0.slot.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The transaction of results and completion. Dropped without `commit`, neither has happened.
pub struct Completion<'a> {
    transaction: Transaction,
    job: &'a JobCtx,
}

impl Deref for Completion<'_> {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.transaction
    }
}

impl Completion<'_> {
    /// What people should know of a job that did its work but for some part; shown as its error.
    pub async fn remark(&self, text: &str) -> Result<(), JobError> {
        Ok(store::remark(&self.transaction, self.job.lease(), text).await?)
    }

    pub async fn commit(self) -> Result<(), JobError> {
        let Self { transaction, job } = self;
        if let Err(error) = transaction.commit().await {
            let error = domain::Error::from(error);
            if !committed_after_all(job).await {
                return Err(error.into());
            }
        }
        job.0.completed.store(true, Ordering::Release);
        Ok(())
    }
}

/// The answer to a commit may be lost though the commit was not: asks, before the job is done once more.
async fn committed_after_all(job: &JobCtx) -> bool {
    for _ in 0..COMMIT_QUESTIONS {
        match store::finished_by(job.db(), job.lease()).await {
            Ok(finished) => return finished,
            Err(_) => tokio::time::sleep(COMMIT_QUESTIONS_EVERY).await,
        }
    }
    false
}
