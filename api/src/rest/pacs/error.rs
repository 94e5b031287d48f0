//! Errors of family A: `{"detail": …}` (contract ).

use domain::Error;
use domain::error::FieldError;
use poem::error::ResponseError;
use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};
use serde_json::{Value, json};

#[derive(Debug)]
pub enum PacsError {
    /// What a service refused, with the words of this family where they differ.
    Refused { error: Error, detail: Option<&'static str> },
    /// Input that has not the documented shape.
    Malformed(Vec<Problem>),
}

/// One thing wrong with the shape of a request.
#[derive(Debug)]
pub struct Problem {
    /// `path`, `query` or `body`.
    pub place: &'static str,
    /// Where in it; empty for all of it.
    pub path: String,
    pub message: String,
    /// As clients know it, `value_error.missing` and the like.
    pub kind: &'static str,
}

impl PacsError {
    /// The document has words of its own for a refused action.
    pub fn or_forbidden(error: Error, detail: &'static str) -> Self {
        match error {
            Error::Forbidden => Self::Refused {
                error,
                detail: Some(detail),
            },
            error => error.into(),
        }
    }

    /// A conflict of this code is a refused action here.
    pub fn or_not_allowed(error: Error, code: &str) -> Self {
        match error {
            Error::Conflict(conflict) if conflict.code == code => Error::Forbidden.into(),
            error => error.into(),
        }
    }

    pub fn malformed(place: &'static str, path: &str, message: impl Into<String>, kind: &'static str) -> Self {
        let problem = Problem {
            place,
            path: path.into(),
            message: message.into(),
            kind,
        };
        Self::Malformed(vec![problem])
    }
}

impl From<Error> for PacsError {
    fn from(error: Error) -> Self {
        if let Error::Internal(cause) = &error {
            tracing::error!(error = ?cause, "a request failed");
        }
        Self::Refused { error, detail: None }
    }
}

impl std::fmt::Display for PacsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { error, .. } => error.fmt(f),
            Self::Malformed(problems) => {
                let texts: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
                f.write_str(&texts.join("; "))
            }
        }
    }
}

impl std::error::Error for PacsError {}

impl ResponseError for PacsError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused { error, .. } => status(error),
            Self::Malformed(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn as_response(&self) -> Response {
        let detail = match self {
            Self::Malformed(problems) => problems.iter().map(malformed).collect(),
            Self::Refused {
                detail: Some(detail), ..
            } => json!(detail),
            Self::Refused {
                error: Error::Invalid(fields),
                ..
            } => fields.iter().map(invalid).collect(),
            Self::Refused {
                error: Error::OutOfScope(_),
                ..
            } => json!(Error::Forbidden.to_string()),
            Self::Refused { error, .. } => json!(error.to_string()),
        };
        let mut response = poem::web::Json(json!({ "detail": detail })).into_response();
        response.set_status(self.status());
        let Self::Refused { error, .. } = self else {
            return response;
        };
        match error {
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

fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::OutOfScope(_) | Error::Forbidden | Error::CsrfFailed => StatusCode::FORBIDDEN,
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

fn malformed(problem: &Problem) -> Value {
    let path = (!problem.path.is_empty()).then_some(problem.path.as_str());
    let loc: Vec<&str> = std::iter::once(problem.place).chain(path).collect();
    json!({ "loc": loc, "msg": problem.message, "type": problem.kind })
}

/// What a service says of a value whose shape is right.
fn invalid(error: &FieldError) -> Value {
    let loc = match error.field {
        "body" => json!(["body"]),
        field => json!(["body", snake_case(field)]),
    };
    json!({ "loc": loc, "msg": error.message, "type": "value_error" })
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
