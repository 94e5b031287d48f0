//! Errors of family C: `{"error": …}` (contract X-26).

use domain::Error;
use poem::error::ResponseError;
use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug)]
pub struct DentalError(Error);

impl From<Error> for DentalError {
    fn from(error: Error) -> Self {
        if let Error::Internal(cause) = &error {
            tracing::error!(error = ?cause, "a request failed");
        }
        Self(error)
    }
}

impl std::fmt::Display for DentalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Error::Unauthenticated => f.write_str("Authentication required"),
            Error::BadCredentials => f.write_str("Invalid credentials"),
            error => error.fmt(f),
        }
    }
}

impl std::error::Error for DentalError {}

impl ResponseError for DentalError {
    fn status(&self) -> StatusCode {
        match &self.0 {
            Error::NotFound(_) | Error::OutOfScope(_) => StatusCode::NOT_FOUND,
            Error::Forbidden | Error::CsrfFailed => StatusCode::FORBIDDEN,
            Error::Unauthenticated | Error::BadCredentials | Error::InactiveUser => StatusCode::UNAUTHORIZED,
            Error::Invalid(_) | Error::Conflict(_) => StatusCode::BAD_REQUEST,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::CursorExpired { .. } => StatusCode::GONE,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn as_response(&self) -> Response {
        let body = poem::web::Json(json!({ "error": self.to_string() }));
        let mut response = body.with_status(self.status()).into_response();
        if let Error::TooMany { retry_after, .. } = &self.0 {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(*retry_after));
        }
        response
    }
}
