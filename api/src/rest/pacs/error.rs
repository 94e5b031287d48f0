//! Errors of family A: `{"detail": …}` (contract ).

use domain::Error;
use domain::error::FieldError;
use poem::error::ResponseError;
use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug)]
pub struct PacsError {
    error: Error,
    /// Words of this family where they differ from the service's.
    detail: Option<&'static str>,
}

impl PacsError {
    /// The document has words of its own for a refused action.
    pub fn or_forbidden(error: Error, detail: &'static str) -> Self {
        let detail = matches!(error, Error::Forbidden).then_some(detail);
        Self { detail, ..error.into() }
    }
}

impl From<Error> for PacsError {
    fn from(error: Error) -> Self {
        if let Error::Internal(cause) = &error {
            tracing::error!(error = ?cause, "a request failed");
        }
        Self { error, detail: None }
    }
}

impl std::fmt::Display for PacsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for PacsError {}

impl ResponseError for PacsError {
    fn status(&self) -> StatusCode {
        match &self.error {
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::OutOfScope(_) | Error::Forbidden => StatusCode::FORBIDDEN,
            Error::Unauthenticated | Error::BadCredentials => StatusCode::UNAUTHORIZED,
            Error::InactiveUser | Error::Conflict(_) => StatusCode::BAD_REQUEST,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::CursorExpired { .. } => StatusCode::GONE,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn as_response(&self) -> Response {
        let detail = match &self.error {
            Error::Invalid(fields) => fields.iter().map(validation).collect(),
            Error::OutOfScope(_) => json!(Error::Forbidden.to_string()),
            _ if self.detail.is_some() => json!(self.detail),
            error => json!(error.to_string()),
        };
        let mut response = poem::web::Json(json!({ "detail": detail })).into_response();
        response.set_status(self.status());
        match &self.error {
            Error::Unauthenticated | Error::BadCredentials => {
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

fn validation(error: &FieldError) -> serde_json::Value {
    let (msg, kind) = match error.code {
        "MISSING" => ("field required", "value_error.missing"),
        "NOT_AN_INTEGER" => ("value is not a valid integer", "type_error.integer"),
        "NOT_A_BOOLEAN" => ("value could not be parsed to a boolean", "type_error.bool"),
        "NOT_A_CHOICE" => (error.message.as_str(), "type_error.enum"),
        _ => (error.message.as_str(), "value_error"),
    };
    json!({ "loc": ["body", snake_case(error.field)], "msg": msg, "type": kind })
}

/// The services name fields as GraphQL does; this family writes `patient_name`.
fn snake_case(field: &str) -> String {
    field.chars().fold(String::new(), |mut text, c| {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
        text
    })
}

/// A known path with a method that it does not have (contract X-04).
pub fn method_not_allowed(allow: &str) -> Response {
    let body = poem::web::Json(json!({ "detail": "Method Not Allowed" }));
    body.with_status(StatusCode::METHOD_NOT_ALLOWED).with_header(header::ALLOW, allow).into_response()
}

/// An unknown path (contract X-03), a body or path that is not readable, or a panic: everything that no handler answered.
pub async fn unanswered(error: poem::Error) -> Response {
    let status = error.status();
    let detail = match status {
        StatusCode::NOT_FOUND => "Not Found".to_owned(),
        status if status.is_server_error() => "Internal server error".to_owned(),
        _ => error.to_string(),
    };
    let original = error.into_response();
    if original.content_type().is_some_and(|kind| kind.starts_with("application/")) {
        return original;
    }
    poem::web::Json(json!({ "detail": detail })).with_status(status).into_response()
}

/// A bug: the generic text, whatever happened (contract X-28).
pub fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let body = poem::web::Json(json!({ "detail": "Internal server error" }));
    body.with_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
