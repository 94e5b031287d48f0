//! Jobs that are done outside the server, by whoever holds a worker token: `docs/workers.md` has the protocol.
//!
//! Such workers take from the same queues as ours and under the same rules: leases with a fencing number, attempts, backoff,
//! suspects, cancels. What they cannot do is open a transaction, so theirs is opened here: outputs are uploaded into a batch of
//! the attempt, and `complete` makes results, outputs, completion and event appear together, or not at all.
//!
//! Invariants:
//! - A worker names the lease by which it holds a job, and the row names the token that claimed it: what an older holder says, or
//!   another token, changes nothing.
//! - Nothing that a worker sends is believed: its kind checks names, types and sizes of outputs before it accepts them.
//! - An attempt ends. A lease goes on only as long as the kind's timeout allows.
//!
//! A kind is one file that implements `ExternalKind`: how its task looks, which outputs it may have, how its results are checked
//! and written; and its place in `kinds::KINDS`. To come, with their own issues:
//! - `analyze_study`: a task like that of `render_study` with all instances of the study, outputs of `application/json` and masks as
//!   `image/png` or `application/dicom`, results written by the services of the AI part.
//! - The runner routes of the dental API (contract S3-61 to S3-65) are another spelling of the same services: `pending` lists
//!   without claiming, `claim` takes one job by its id (a statement beside `fetch_of_centre`, with the same assignments), and
//!   `complete` names stored files instead of uploading them; `fail` with `can_retry` is `job_fail`, a wrong worker or state
//!   (409) is what is `LEASE_LOST` here, and the worker's id is the row's `worker`.

mod attempt;
mod claim;
mod complete;
mod ending;
mod kinds;
mod outputs;
mod render_study;

pub use attempt::{Beat, job_heartbeat};
pub use claim::{Claim, Claimed, job_claim};
pub use complete::{Completed, job_complete};
pub use ending::{Failure, job_cancelled, job_fail, job_release};
pub use kinds::names as kinds;
pub use outputs::{Announced, Received, job_output_announce, job_output_receive};
