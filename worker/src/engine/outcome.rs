//! What the end of an attempt means for its job.

use super::context::{JobCtx, Stop};
use super::error::JobError;
use domain::jobs::store::Settlement;
use domain::jobs::{backoff, outage_backoff};
use std::any::Any;
use std::time::Duration;

/// How the handler came back: its answer, its panic, or not at all in the time that it had to give up.
pub enum Ended {
    Returned(Result<(), JobError>),
    Panicked(Box<dyn Any + Send>),
    LeftAlone,
}

/// `None`: there is nothing to say, the job is completed or belongs to another.
pub fn settlement(ctx: &JobCtx, ended: Ended, timeout: Duration) -> Option<Settlement> {
    if ctx.completed() {
        return None;
    }
    let next = || backoff(ctx.job().failures + 1);
    match (ended, ctx.stopped()) {
        (Ended::Returned(Ok(())), _) => Some(Settlement::Succeeded),
        (_, Some(Stop::Cancelled)) => Some(Settlement::Cancelled),
        (_, Some(Stop::Shutdown)) => Some(Settlement::Released),
        (_, Some(Stop::LeaseLost)) => None,
        (_, Some(Stop::TimedOut)) => Some(Settlement::Retry {
            error: format!("timed out after {} s", timeout.as_secs_f64()),
            delay: next(),
        }),
        (Ended::Returned(Err(JobError::Retry { error, after })), None) => Some(Settlement::Retry {
            error: format!("{error:#}"),
            delay: after.unwrap_or_else(next),
        }),
        (Ended::Returned(Err(JobError::Unavailable(error))), None) => Some(Settlement::Deferred {
            error: format!("{error:#}"),
            delay: outage_backoff(ctx.job().deferrals + 1),
        }),
        (Ended::Returned(Err(JobError::Permanent(error))), None) => Some(Settlement::Dead {
            error: format!("{error:#}"),
        }),
        (Ended::Returned(Err(JobError::Snooze(delay))), None) => Some(Settlement::Snoozed { delay }),
        (Ended::Panicked(panic), None) => Some(Settlement::Retry {
            error: panic_text(&*panic),
            delay: next(),
        }),
        // A handler that claims to be stopped though nobody asked it to.
        (Ended::Returned(Err(JobError::Stopped(_))) | Ended::LeftAlone, None) => Some(Settlement::Released),
    }
}

/// Formatted messages may quote what a file says, so only literal ones are shown.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    match panic.downcast_ref::<&'static str>() {
        Some(text) => format!("panicked: {text}"),
        None => "panicked".to_owned(),
    }
}
