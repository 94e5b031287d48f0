//! How the services' errors look in GraphQL: what the client can mend becomes `userErrors`, the rest a top-level error with a code.

use super::transport::Code;
use async_graphql::{ErrorExtensions, SimpleObject};
use domain::Error;
use domain::error::FieldError;
use tracing::error;

/// Something in the input that the client can mend.
#[derive(Debug, Clone, SimpleObject)]
pub struct UserError {
    /// A stable word, such as `NOT_FOUND` or `EMAIL_TAKEN`.
    code: String,
    /// The input field that is wrong, when it is one.
    field: Option<String>,
    /// What is wrong, in English.
    message: String,
}

impl From<FieldError> for UserError {
    fn from(error: FieldError) -> Self {
        Self {
            code: error.code.into(),
            field: Some(error.field.into()),
            message: error.message,
        }
    }
}

/// The result of a mutation's service: the changed object, or what to mend.
pub fn outcome<T>(result: domain::Result<T>) -> async_graphql::Result<(Option<T>, Vec<UserError>)> {
    let plain = |code: &str, message: String| UserError {
        code: code.into(),
        field: None,
        message,
    };
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Error::Invalid(fields)) => Ok((None, fields.into_iter().map(UserError::from).collect())),
        Err(Error::Conflict(field)) => Ok((None, vec![field.into()])),
        Err(error @ (Error::NotFound(_) | Error::OutOfScope(_))) => {
            Ok((None, vec![plain("NOT_FOUND", error.to_string())]))
        }
        Err(error @ Error::BadCredentials) => Ok((None, vec![plain("BAD_CREDENTIALS", error.to_string())])),
        Err(error @ Error::TooLarge(_)) => Ok((None, vec![plain("TOO_LARGE", error.to_string())])),
        Err(error) => Err(top_level(error)),
    }
}

/// The result of a query for one thing: null when there is none that the caller may see.
pub fn found<T>(result: domain::Result<T>) -> async_graphql::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound(_) | Error::OutOfScope(_)) => Ok(None),
        Err(error) => Err(top_level(error)),
    }
}

pub fn code(error: &Error) -> Code {
    match error {
        Error::NotFound(_) | Error::OutOfScope(_) => Code::NotFound,
        Error::Forbidden | Error::CsrfFailed => Code::Forbidden,
        Error::Unauthenticated | Error::BadCredentials | Error::InactiveUser => Code::Unauthenticated,
        Error::Invalid(_) => Code::BadUserInput,
        Error::Conflict(_) => Code::Conflict,
        Error::TooMany { .. } => Code::RateLimited,
        Error::TooLarge(_) => Code::PayloadTooLarge,
        Error::CursorExpired { .. } => Code::CursorExpired,
        Error::Unavailable(_) => Code::Unavailable,
        Error::Internal(_) => Code::Internal,
    }
}

pub fn top_level(failure: Error) -> async_graphql::Error {
    told(&failure)
}

/// For a failure that several rows share.
pub fn told(failure: &Error) -> async_graphql::Error {
    if let Error::Internal(cause) = failure {
        error!(error = ?cause, "a resolver failed");
    }
    async_graphql::Error::new(failure.to_string()).extend_with(|_, extensions| {
        extensions.set("code", code(failure).as_str());
        match failure {
            Error::TooMany { retry_after, .. } => extensions.set("retryAfter", *retry_after),
            Error::CursorExpired { now } => extensions.set("cursor", now.as_str()),
            _ => {}
        }
    })
}
