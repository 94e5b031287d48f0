//! Wake-ups: who waits for work, for a cancel or for events sleeps until the database has something for them.
//!
//! A signal carries nothing but "look again": waiters always read the database, so that a doubled signal is harmless, and they
//! look by themselves now and then, so that a lost one only delays.

mod postgres;
mod sqlite;

use crate::db::Db;
use sea_orm::DbBackend;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tracing::warn;

const RECONNECT: Duration = Duration::from_millis(500);

#[derive(Default)]
pub struct Signals {
    queues: Mutex<HashMap<String, watch::Sender<()>>>,
    cancels: watch::Sender<()>,
    events: watch::Sender<()>,
    /// SQLite: this process is committing events.
    committing: Notify,
}

/// One waiter's view of a signal. What came since the last `changed` is never lost.
pub struct Wakeups(watch::Receiver<()>);

impl Wakeups {
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Signals {
    /// A queue may have a job that is due.
    pub fn queue(&self, queue: &str) -> Wakeups {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Wakeups(queues.entry(queue.to_owned()).or_default().subscribe())
    }

    /// Somebody asked to cancel a job.
    pub fn cancels(&self) -> Wakeups {
        Wakeups(self.cancels.subscribe())
    }

    /// Events were appended.
    pub fn events(&self) -> Wakeups {
        Wakeups(self.events.subscribe())
    }

    /// Hears of commits of every process until `stop`; reconnects by itself. Without it waiters depend on their polling.
    pub async fn listen(self: Arc<Self>, db: Db, stop: CancellationToken) {
        let listening = async {
            loop {
                let error = match db.backend() {
                    DbBackend::Postgres => postgres::listen(&self, &db).await,
                    _ => sqlite::listen(&self, &db).await,
                };
                warn!(?error, "not hearing of commits until the database is back");
                tokio::time::sleep(RECONNECT).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = listening => {}
        }
    }

    pub(crate) fn wake_queue(&self, queue: &str) {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiters) = queues.get(queue) {
            waiters.send_replace(());
        }
    }

    pub(crate) fn wake_all_queues(&self) {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.values().for_each(|waiters| {
            waiters.send_replace(());
        });
    }

    pub(crate) fn wake_cancels(&self) {
        self.cancels.send_replace(());
    }

    pub(crate) fn wake_events(&self) {
        self.events.send_replace(());
    }

    /// After a silence of unknown length anything may have happened.
    fn wake_everyone(&self) {
        self.wake_all_queues();
        self.wake_cancels();
        self.wake_events();
    }

    pub(crate) fn committed(&self) {
        self.committing.notify_one();
    }
}
