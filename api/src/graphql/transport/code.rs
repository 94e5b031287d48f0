//! The catalogue of errors: every value that `extensions.code` can have, in one list.
//!
//! Clients branch on these words, so they are never renamed. The documentation is compared with [`Code::ALL`].

/// Writes each code down once: the enum, its spelling and what it means.
macro_rules! codes {
    ($($name:ident = $spelling:literal: $meaning:literal;)+) => {
        /// A stable value of `extensions.code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $meaning] $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The spelling in `extensions.code`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $spelling,)+
                }
            }

            /// What it means, in one sentence for people who write clients.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)+
                }
            }
        }
    };
}

codes! {
    BadRequest = "BAD_REQUEST": "The request is not a GraphQL request: its JSON, a parameter, the file map or a header is wrong.";
    ParseFailed = "GRAPHQL_PARSE_FAILED": "The document is not GraphQL.";
    ValidationFailed = "GRAPHQL_VALIDATION_FAILED": "The document does not fit the schema, or its variables do not fit the document.";
    DocumentTooLarge = "DOCUMENT_TOO_LARGE": "The document is longer, deeper or wider than allowed.";
    OperationTooCostly = "OPERATION_TOO_COSTLY": "The operation could read more than one operation may.";
    IntrospectionDisabled = "INTROSPECTION_DISABLED": "This server does not tell its schema.";
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND": "No document is known by this hash or id; send it once in full.";
    OperationNotRegistered = "OPERATION_NOT_REGISTERED": "This server runs registered operations only, and this is none of them.";
    TooManyOperations = "TOO_MANY_OPERATIONS": "There are too many operations in the batch or on the socket.";
    PayloadTooLarge = "PAYLOAD_TOO_LARGE": "The body, a file or the upload is larger than allowed.";
    RequestTimeout = "REQUEST_TIMEOUT": "The body did not arrive in time.";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE": "A body of this media type is not read.";
    NotAcceptable = "NOT_ACCEPTABLE": "The answer cannot be given in any of the wanted media types.";
    MethodNotAllowed = "METHOD_NOT_ALLOWED": "The method, or this kind of operation by this method, is not served.";
    Unauthenticated = "UNAUTHENTICATED": "Credentials are missing, wrong or expired.";
    Forbidden = "FORBIDDEN": "The caller may not do this.";
    NotFound = "NOT_FOUND": "Something that was named does not exist for this caller.";
    BadUserInput = "BAD_USER_INPUT": "A value of an argument is not acceptable.";
    Conflict = "CONFLICT": "The present state does not allow this.";
    RateLimited = "RATE_LIMITED": "The caller asked too much in too short a time; `extensions.retryAfter` says in how many seconds to try again.";
    CursorExpired = "CURSOR_EXPIRED": "What happened after the cursor is no longer kept; `extensions.cursor` is where to go on.";
    Unavailable = "UNAVAILABLE": "Something that the server depends on is away; try again shortly.";
    Internal = "INTERNAL": "The server failed; the log has the cause under the request's id.";
}

impl Code {
    /// The code with this spelling.
    pub fn parse(spelling: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == spelling)
    }
}
