//! How a handler says that it did not finish.

use super::context::Stop;
use domain::Error;
use std::time::Duration;

/// The text of `Retry`, `Unavailable` and `Permanent` is shown with the job: it says what is wrong, without patient data.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// May go well another time. Outside services that say when (`Retry-After`) are believed.
    #[error("{error:#}")]
    Retry {
        error: anyhow::Error,
        after: Option<Duration>,
    },
    /// Something that the job needs is out of order: tried again until it is back, without using up attempts.
    #[error("{0:#}")]
    Unavailable(anyhow::Error),
    /// Will never go well.
    #[error("{0:#}")]
    Permanent(anyhow::Error),
    /// Gave up because it was asked to.
    #[error("stopped: {0:?}")]
    Stopped(Stop),
    /// Has nothing to do now; runs again after the delay as if new.
    #[error("snoozed for {0:?}")]
    Snooze(Duration),
}

impl JobError {
    pub fn permanent(message: impl Into<String>) -> Self {
        Self::Permanent(anyhow::Error::msg(message.into()))
    }

    pub fn retry_after(error: anyhow::Error, after: Duration) -> Self {
        Self::Retry {
            error,
            after: Some(after),
        }
    }
}

impl From<anyhow::Error> for JobError {
    fn from(error: anyhow::Error) -> Self {
        Self::Retry { error, after: None }
    }
}

/// A service that is out of order may recover; an input that it refuses stays refused.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::TooMany { retry_after, .. } => Self::retry_after(error.into(), Duration::from_secs(retry_after)),
            Error::Unavailable(_) => Self::Unavailable(error.into()),
            Error::Internal(ref cause) => {
                tracing::error!(error = format!("{cause:#}"), "a job met an internal error");
                // Shown with the job: without its cause, which may quote paths and statements.
                anyhow::Error::msg(error.to_string()).into()
            }
            refused => Self::Permanent(refused.into()),
        }
    }
}

impl From<tokio::task::JoinError> for JobError {
    fn from(error: tokio::task::JoinError) -> Self {
        match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => anyhow::Error::from(error).into(),
        }
    }
}
