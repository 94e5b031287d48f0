//! Every statement that touches table `job`. Knows SQL, knows nothing of how jobs are run.
//!
//! Statements that change a state take a connection inside the caller's transaction, answer what they changed and append the
//! event; those that take `&Db` open a transaction of their own.

mod control;
mod ending;
pub mod enqueue;
mod event;
mod fetch;
mod fetch_centre;
mod heartbeat;
mod history;
mod hold;
mod queue;
mod read;
mod reap;
mod settle;

pub use control::{request_cancel, retry};
pub use fetch::{Fetched, fetch};
pub use fetch_centre::fetch_of_centre;
pub use heartbeat::{Renewed, cancels, renew};
pub use history::trim;
pub use hold::{Extended, elapsed, extend, lock};
pub use queue::{Load, QueueChange, load, queue_change, queues_changed};
pub use read::JobFilter;
pub(crate) use read::{by_id, count, count_of_studies, find, list, of_studies};
pub use reap::reap;
pub use settle::{MAX_DEFERRALS, Settlement, finished_by, progress, remark, settle, succeed, succeed_all};

use uuid::Uuid;

/// One attempt's hold on a job. `token` only grows: an older holder can change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    pub job_id: Uuid,
    pub token: i64,
}
