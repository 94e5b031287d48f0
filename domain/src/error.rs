//! What can go wrong, by meaning. Each face maps this enum once to its own shape.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} not found")]
    NotFound(&'static str),
    /// It exists, but belongs to another tenant; most faces answer as for `NotFound`.
    #[error("{0} not found")]
    OutOfScope(&'static str),
    #[error("Not authorized to perform this action")]
    Forbidden,
    /// A browser's session asked for a change without the token that shows that its own page did.
    #[error("CSRF verification failed")]
    CsrfFailed,
    #[error("Could not validate credentials")]
    Unauthenticated,
    /// A sign-in that names no active account with that password.
    #[error("Incorrect username or password")]
    BadCredentials,
    #[error("Inactive user")]
    InactiveUser,
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    #[error("{0}")]
    Conflict(FieldError),
    #[error("{message}")]
    TooMany { message: String, retry_after: u64 },
    #[error("{0}")]
    TooLarge(String),
    /// The history after a subscriber's cursor is no longer kept.
    #[error(
        "What happened after this cursor is no longer kept; read the present state and go on after the cursor given here"
    )]
    CursorExpired {
        /// The place after everything that is known now.
        now: String,
    },
    #[error("{0}")]
    Unavailable(String),
    #[error("Internal server error")]
    Internal(#[source] anyhow::Error),
}

/// One thing wrong with one input. `field` is the GraphQL name of the input (`patientName`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: &'static str,
    pub code: &'static str,
    pub message: String,
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

fn summary(fields: &[FieldError]) -> String {
    let texts: Vec<_> = fields.iter().map(|f| f.message.as_str()).collect();
    texts.join("; ")
}

impl Error {
    pub fn invalid(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError {
            field,
            code,
            message: message.into(),
        }])
    }

    pub fn conflict(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict(FieldError {
            field,
            code,
            message: message.into(),
        })
    }

    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self::Internal(error.into())
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match outage(&error) {
            Some(message) => {
                tracing::warn!(%error, "the database is out of order");
                Self::Unavailable(message.into())
            }
            None => Self::Internal(error.into()),
        }
    }
}

/// What to tell of an error of the database that comes from its state and not from what was asked; `None` for the others.
fn outage(error: &DbErr) -> Option<&'static str> {
    const UNREACHABLE: &str = "The database is not reachable; try again shortly";
    const FULL: &str = "The disk of the database is full; free some space and try again";
    const BUSY: &str = "The database is too busy; try again shortly";
    let cause = match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return Some(UNREACHABLE),
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => cause,
        _ => return None,
    };
    let code = match &**cause {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            return Some(UNREACHABLE);
        }
        sqlx::Error::PoolTimedOut => return Some(BUSY),
        sqlx::Error::Database(error) => error.code()?,
        _ => return None,
    };
    // PostgreSQL: five characters (appendix A of its manual). SQLite: a number, whose low byte is the kind (its `rescode.html`).
    match (
        code.len(),
        code.get(..2).unwrap_or_default(),
        code.parse::<u32>().map(|number| number & 0xff),
    ) {
        (5, "08" | "57", _) => Some(UNREACHABLE),
        (5, "53", _) if code == "53100" => Some(FULL),
        (5, "53" | "40", _) | (5, "55", _) => Some(BUSY),
        (1..=4, _, Ok(13)) => Some(FULL),
        (1..=4, _, Ok(5 | 6)) => Some(BUSY),
        (1..=4, _, Ok(10 | 14)) => Some("The database file cannot be read or written; try again shortly"),
        _ => None,
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound("Object"),
            other => {
                tracing::error!(error = %other, "the object store failed");
                Self::Unavailable("The object store is not reachable or full; try again shortly".into())
            }
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => {
                Self::Unavailable("The storage is full; free some space and try again".into())
            }
            std::io::ErrorKind::ConnectionAborted
            | std::io::ErrorKind::TimedOut
            | std::io::ErrorKind::UnexpectedEof => Self::invalid(
                "files",
                "INCOMPLETE",
                "The upload ended before it was complete; send it again",
            ),
            _ => Self::Internal(error.into()),
        }
    }
}

/// Turns the refusal to delete what other rows refer to into the conflict that the caller names.
pub(crate) fn referenced_or(error: DbErr, conflict: impl FnOnce() -> Error) -> Error {
    match error.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => conflict(),
        _ => error.into(),
    }
}

/// Turns the violation of a unique index into the conflict that the caller names.
pub(crate) fn unique_or(error: DbErr, conflict: impl FnOnce(&str) -> Error) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(what)) => conflict(&what),
        _ => error.into(),
    }
}
