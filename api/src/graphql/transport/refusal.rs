//! Refusals of the transport and the one table of HTTP statuses.
//!
//! The GraphQL-over-HTTP draft is still moving its statuses (422 and 294 are discussed): [`Code::status`] is the only
//! place that knows them.

use async_graphql::{Pos, Response as GraphQlResponse, ServerError};
use poem::http::StatusCode;

use super::negotiate::Media;

/// Stable values of `extensions.code` that the transport and the gate answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request is not a GraphQL request: JSON, parameter, map or header wrong.
    BadRequest,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document is GraphQL, but not for this schema, or its variables do not fit it.
    ValidationFailed,
    /// The document is longer, deeper or wider than allowed.
    DocumentTooLarge,
    /// Too many operations in a batch or on a socket.
    TooManyOperations,
    /// The body is larger than allowed.
    PayloadTooLarge,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The request's media type is not accepted.
    UnsupportedMediaType,
    /// None of the wanted response media types can be produced.
    NotAcceptable,
    /// The method, or this kind of operation by this method, is not served.
    MethodNotAllowed,
    /// Credentials are missing, wrong or expired.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// Something named does not exist for this caller.
    NotFound,
    /// A value is not acceptable.
    Invalid,
    /// The state of the data does not allow this.
    Conflict,
    /// A quota of the caller is used up.
    QuotaExceeded,
    /// Too many requests.
    RateLimited,
    /// A part that the server depends on is away.
    Unavailable,
    /// A bug or an unexpected failure.
    Internal,
}

impl Code {
    /// The spelling in `extensions.code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::DocumentTooLarge => "DOCUMENT_TOO_LARGE",
            Self::TooManyOperations => "TOO_MANY_OPERATIONS",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Invalid => "INVALID",
            Self::Conflict => "CONFLICT",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// Status of a response that holds nothing but this refusal.
    ///
    /// A well-formed request whose document fails is 200 for `application/json`, whose old clients take any other
    /// status for a broken network, and 400 for `application/graphql-response+json`.
    pub fn status(self, media: Media) -> StatusCode {
        match self {
            Self::ParseFailed | Self::ValidationFailed | Self::DocumentTooLarge => match media {
                Media::Json => StatusCode::OK,
                Media::GraphQl | Media::EventStream => StatusCode::BAD_REQUEST,
            },
            Self::BadRequest | Self::TooManyOperations | Self::Invalid => StatusCode::BAD_REQUEST,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::QuotaExceeded | Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Why a request, operation or file was not served. The message is shown to the client: it says what is wrong and
/// what to do, and holds no patient data and no internals.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Stable code.
    pub code: Code,
    /// Words for a person.
    pub message: String,
    /// Places in the document, when there is one.
    pub locations: Vec<Pos>,
}

impl Refusal {
    /// A refusal with words for a person.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            locations: Vec::new(),
        }
    }

    /// The request is not a GraphQL request.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, message)
    }

    /// The refusal as one entry of `errors`.
    pub fn into_error(self) -> ServerError {
        let mut error = ServerError::new(self.message, None);
        error.locations = self.locations;
        error.extensions.get_or_insert_default().set("code", self.code.as_str());
        error
    }

    /// The refusal as a whole response.
    pub fn into_response(self) -> GraphQlResponse {
        GraphQlResponse::from_errors(vec![self.into_error()])
    }
}
