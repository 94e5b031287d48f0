//! The one error shape of this family: `{"error": {"code": "LEASE_LOST", "message": "..."}}`.

use domain::Error;
use poem::error::ResponseError;
use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug)]
pub struct WorkerError(Error);

impl From<Error> for WorkerError {
    fn from(error: Error) -> Self {
        if let Error::Internal(cause) = &error {
            tracing::error!(error = ?cause, "a request of a worker failed");
        }
        Self(error)
    }
}

impl std::fmt::Display for WorkerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for WorkerError {}

impl WorkerError {
    fn code(&self) -> &'static str {
        match &self.0 {
            Error::NotFound(_) | Error::OutOfScope(_) => "NOT_FOUND",
            Error::Forbidden | Error::CsrfFailed => "FORBIDDEN",
            Error::Unauthenticated | Error::BadCredentials | Error::InactiveUser => "UNAUTHENTICATED",
            // The first thing that is wrong; the message tells all.
            Error::Invalid(fields) => fields.first().map_or("INVALID", |field| field.code),
            Error::Conflict(field) => field.code,
            Error::TooMany { .. } => "RATE_LIMITED",
            Error::TooLarge(_) => "TOO_LARGE",
            Error::CursorExpired { .. } => "CURSOR_EXPIRED",
            Error::Unavailable(_) => "UNAVAILABLE",
            Error::Internal(_) => "INTERNAL",
        }
    }

    fn message(&self) -> String {
        match &self.0 {
            Error::Unauthenticated => {
                "Send a worker token that is good: Authorization: Bearer gwt_...; an administrator makes them".into()
            }
            Error::Forbidden => "This needs a worker token that was made for this kind of job".into(),
            error => error.to_string(),
        }
    }
}

impl ResponseError for WorkerError {
    fn status(&self) -> StatusCode {
        match &self.0 {
            Error::NotFound(_) | Error::OutOfScope(_) => StatusCode::NOT_FOUND,
            Error::Forbidden | Error::CsrfFailed => StatusCode::FORBIDDEN,
            Error::Unauthenticated | Error::BadCredentials | Error::InactiveUser => StatusCode::UNAUTHORIZED,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::CursorExpired { .. } => StatusCode::GONE,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn as_response(&self) -> Response {
        let mut response = shape(self.status(), self.code(), &self.message());
        match &self.0 {
            Error::Unauthenticated => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            }
            Error::TooMany { retry_after, .. } => {
                response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(*retry_after));
            }
            _ => {}
        }
        response
    }
}

fn shape(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "error": { "code": code, "message": message } });
    poem::web::Json(body).with_status(status).into_response()
}

/// A known path with a method that it does not have.
pub fn method_not_allowed(allow: &str) -> Response {
    let message = format!("This path takes {allow}");
    shape(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", &message)
        .with_header(header::ALLOW, allow)
        .into_response()
}
