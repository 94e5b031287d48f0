//! Refusals of the transport and the one table of HTTP statuses.
//!
//! The GraphQL-over-HTTP draft is still moving its statuses (422 and 294 are discussed): [`Code::status`] is the only
//! place that knows them.

use async_graphql::{Pos, Response as GraphQlResponse, ServerError};
use poem::http::StatusCode;

use super::{code::Code, negotiate::Media};

impl Code {
    /// Status of a response that holds nothing but this refusal.
    ///
    /// A well-formed request whose document fails is 200 for `application/json`, whose old clients take any other
    /// status for a broken network, and 400 for `application/graphql-response+json`.
    pub fn status(self, media: Media) -> StatusCode {
        match self {
            Self::ParseFailed
            | Self::ValidationFailed
            | Self::DocumentTooLarge
            | Self::OperationTooCostly
            | Self::IntrospectionDisabled
            | Self::PersistedQueryNotFound => match media {
                Media::Json => StatusCode::OK,
                Media::GraphQl | Media::EventStream => StatusCode::BAD_REQUEST,
            },
            Self::BadRequest | Self::TooManyOperations | Self::BadUserInput => StatusCode::BAD_REQUEST,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::OperationNotRegistered => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::CursorExpired => StatusCode::GONE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
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
    /// Seconds after which the same request may be let in.
    pub retry_after: Option<u64>,
}

impl Refusal {
    /// A refusal with words for a person.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            locations: Vec::new(),
            retry_after: None,
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
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", self.code.as_str());
        if let Some(seconds) = self.retry_after {
            extensions.set("retryAfter", seconds);
        }
        error
    }

    /// The refusal as a whole response.
    pub fn into_response(self) -> GraphQlResponse {
        GraphQlResponse::from_errors(vec![self.into_error()])
    }
}
