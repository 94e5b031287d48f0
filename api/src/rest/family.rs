//! Which family a path belongs to (contract X-02), and how that family says that something is not there.

use super::workers;
use futures::FutureExt;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};
use serde_json::{Value, json};
use std::panic::AssertUnwindSafe;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// A, B, E and everything else: `detail`.
    Detail,
    /// C, the dental scan API: `error`.
    Dental,
    /// D, the QuickRad flow: `status` and `message`.
    QuickRad,
    Workers,
}

/// First segments of family C; below `/api` the second decides.
const DENTAL: [&str; 9] = [
    "login",
    "logout",
    "register",
    "invitations",
    "upload",
    "scan",
    "scans",
    "folders",
    "admin",
];
const DENTAL_API: [&str; 3] = ["scan", "processing", "runner"];

impl Family {
    pub fn of(path: &str) -> Self {
        let mut segments = path.trim_start_matches('/').split('/');
        let (first, second) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
        match first {
            "workers" => Self::Workers,
            "telerad" | "general" => Self::QuickRad,
            "api" if second == "quickrad" => Self::QuickRad,
            "api" if DENTAL_API.contains(&second) => Self::Dental,
            first if DENTAL.contains(&first) => Self::Dental,
            _ => Self::Detail,
        }
    }

    fn body(self, detail: &str) -> Value {
        match self {
            Self::Detail | Self::Workers => json!({ "detail": detail }),
            Self::Dental => json!({ "error": detail }),
            Self::QuickRad => json!({ "status": false, "message": detail }),
        }
    }

    /// An unknown path.
    pub fn not_found(self) -> Response {
        let words = if self == Self::Detail { "Not Found" } else { "Not found" };
        poem::web::Json(self.body(words)).with_status(StatusCode::NOT_FOUND).into_response()
    }

    /// A known path with a method that it does not have.
    pub fn method_not_allowed(self, allow: &str) -> Response {
        if self == Self::Workers {
            return workers::method_not_allowed(allow);
        }
        let words = if self == Self::Detail {
            "Method Not Allowed"
        } else {
            "Method not allowed"
        };
        let body = poem::web::Json(self.body(words));
        body.with_status(StatusCode::METHOD_NOT_ALLOWED).with_header(header::ALLOW, allow).into_response()
    }

    /// What the edge does not let in.
    pub fn refused(self, status: StatusCode, detail: &str) -> Response {
        poem::web::Json(self.body(detail)).with_status(status).into_response()
    }

    /// A bug: the generic text, whatever happened (contract X-28).
    pub fn internal(self) -> Response {
        let body = poem::web::Json(self.body("Internal server error"));
        body.with_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
    }

    /// What no handler answered: an unknown path, a path or body that is not readable.
    pub fn unanswered(self, error: poem::Error) -> Response {
        let (status, text) = (error.status(), error.to_string());
        let original = error.into_response();
        match status {
            _ if original.content_type().is_some_and(|kind| kind.starts_with("application/")) => original,
            StatusCode::NOT_FOUND => self.not_found(),
            status if status.is_server_error() => self.internal(),
            status => poem::web::Json(self.body(&text)).with_status(status).into_response(),
        }
    }
}

/// The whole server: whatever happens within it, a client of each family gets an answer that it can read.
pub struct Answered<E>(pub E);

impl<E: Endpoint> Endpoint for Answered<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let family = Family::of(request.uri().path());
        // What a panic left half done is a response that is thrown away.
        let answer = AssertUnwindSafe(self.0.call(request)).catch_unwind().await;
        let mut response = match answer {
            Ok(Ok(response)) => response.into_response(),
            Ok(Err(error)) => family.unanswered(error),
            Err(_) => family.internal(),
        };
        // Any answer may hold patient data: what says nothing of caches is for none of them.
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        Ok(response)
    }
}
