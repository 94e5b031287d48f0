//! Writes the ends of attempts: those that succeeded and left nothing else to write together, the others one by one.
//!
//! No end waits for company: whatever has come while one transaction was under way goes into the next.

use super::hub::Hub;
use domain::jobs::JobState;
use domain::jobs::store::{self, Lease, Settlement};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

/// Ends of one transaction.
const AT_ONCE: usize = 512;
const AGAIN: Duration = Duration::from_millis(100);

/// While so many ends wait to be written, slots are not free for new jobs.
const BACKLOG: usize = 1_024;

type Success = (Lease, oneshot::Sender<bool>);

pub struct Settler {
    successes: mpsc::UnboundedSender<Success>,
    waiting: Mutex<Option<mpsc::UnboundedReceiver<Success>>>,
    backlog: AtomicUsize,
}

impl Default for Settler {
    fn default() -> Self {
        let (successes, waiting) = mpsc::unbounded_channel();
        Self {
            successes,
            waiting: Mutex::new(Some(waiting)),
            backlog: AtomicUsize::new(0),
        }
    }
}

impl Settler {
    /// Runs for ever. What comes when it does not run is settled by who brings it.
    pub async fn run(&self, hub: &Hub) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut waiting) = waiting else { return };
        let mut batch = Vec::with_capacity(AT_ONCE);
        while waiting.recv_many(&mut batch, AT_ONCE).await > 0 {
            let leases: Vec<_> = batch.iter().map(|(lease, _)| *lease).collect();
            let settled: HashSet<_> = match store::succeed_all(&hub.db, &leases).await {
                Ok(settled) => settled.into_iter().collect(),
                Err(error) => {
                    warn!(%error, jobs = leases.len(), "the ends of attempts could not be written together");
                    HashSet::new()
                }
            };
            for (lease, told) in batch.drain(..) {
                // Nobody waits any more when the process stops.
                let _ = told.send(settled.contains(&lease));
            }
        }
    }

    /// Whether the database keeps up.
    pub fn has_room(&self) -> bool {
        self.backlog.load(Ordering::Relaxed) < BACKLOG
    }

    async fn together(&self, lease: &Lease) -> bool {
        let (told, answer) = oneshot::channel();
        self.backlog.fetch_add(1, Ordering::Relaxed);
        let settled = self.successes.send((*lease, told)).is_ok() && answer.await.unwrap_or(false);
        self.backlog.fetch_sub(1, Ordering::Relaxed);
        settled
    }
}

impl Hub {
    /// Says the end of an attempt to the database, again and again while the lease lives; after that the reaper has the job.
    pub async fn settle(&self, lease: &Lease, end: &Settlement, leased: Instant) -> Option<JobState> {
        if *end == Settlement::Succeeded && self.settler.together(lease).await {
            return Some(JobState::Succeeded);
        }
        let mut wait = AGAIN;
        loop {
            match store::settle(&self.db, lease, end).await {
                Ok(Some(state)) => return Some(state),
                Ok(None) => {
                    warn!(job = %lease.job_id, "the lease was lost; the end of the attempt changes nothing");
                    return None;
                }
                Err(error) if leased.elapsed() > self.options.lease => {
                    warn!(job = %lease.job_id, %error, "the end of the attempt could not be written");
                    return None;
                }
                Err(_) => tokio::time::sleep(wait).await,
            }
            wait = (wait * 2).min(Duration::from_secs(2));
        }
    }
}
