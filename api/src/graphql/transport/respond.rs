//! The shape of responses: what a GraphQL response looks like as JSON and which status it has.

use async_graphql::{Response as GraphQlResponse, ServerError, Value};
use poem::{
    Response,
    http::{HeaderMap, HeaderName, StatusCode, header},
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{code::Code, negotiate::Media, refusal::Refusal};

/// A response of the executor as the specification wants it written: a request error has no `data` entry.
pub struct Answer(GraphQlResponse);

impl Answer {
    /// Takes a response. What the executor finds itself gets its code here, because it gives none: before execution a document
    /// that does not fit the schema, and during execution a value of an argument that is none of its type.
    pub fn new(mut response: GraphQlResponse) -> Self {
        let code = match is_request_error(&response) {
            true => Code::ValidationFailed,
            false => Code::BadUserInput,
        };
        response.errors.iter_mut().for_each(|error| name(error, code));
        Self(response)
    }

    /// True when nothing was executed: parsing, validation or a limit failed.
    pub fn is_request_error(&self) -> bool {
        is_request_error(&self.0)
    }

    /// The `errors` entry.
    pub fn errors(&self) -> &[ServerError] {
        &self.0.errors
    }

    /// Why nothing was executed; `None` when something was.
    fn refusal(&self) -> Option<Code> {
        let spelled = self.errors().first().filter(|_| self.is_request_error()).and_then(|error| {
            match error.extensions.as_ref()?.get("code")? {
                Value::String(code) => Code::parse(code),
                _ => None,
            }
        });
        spelled.or(self.is_request_error().then_some(Code::ValidationFailed))
    }

    fn status(&self, media: Media) -> StatusCode {
        self.refusal().map_or(StatusCode::OK, |code| code.status(media))
    }
}

/// Errors of execution always have a path: those without one were found before.
fn is_request_error(response: &GraphQlResponse) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

fn name(error: &mut ServerError, code: Code) {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.is_request_error() {
            map.serialize_entry("data", &self.0.data)?;
        }
        if !self.0.errors.is_empty() {
            map.serialize_entry("errors", &self.0.errors)?;
        }
        if !self.0.extensions.is_empty() {
            map.serialize_entry("extensions", &self.0.extensions)?;
        }
        map.end()
    }
}

/// The response to one executed operation, with the headers that its resolvers asked for.
pub fn one(media: Media, response: GraphQlResponse) -> Response {
    let mut answer = Answer::new(response);
    let wanted = std::mem::take(&mut answer.0.http_headers);
    let mut response = json(media, answer.status(media), &answer);
    add_headers(response.headers_mut(), wanted);
    response
}

/// The response to a batch: each operation has its own errors, the batch as such succeeded, unless the caller's budget let
/// none of it in.
pub fn many(media: Media, responses: Vec<GraphQlResponse>) -> Response {
    let mut answers: Vec<Answer> = responses.into_iter().map(Answer::new).collect();
    let wanted: Vec<HeaderMap> = answers.iter_mut().map(|answer| std::mem::take(&mut answer.0.http_headers)).collect();
    let spent = answers.iter().all(|answer| answer.refusal() == Some(Code::RateLimited));
    let status = if spent {
        Code::RateLimited.status(media)
    } else {
        StatusCode::OK
    };
    let mut response = json(media, status, &answers);
    for headers in wanted {
        add_headers(response.headers_mut(), headers);
    }
    response
}

/// The response to a request that was not executed. `allow` is told to a client that used a wrong method.
pub fn refused(media: Media, refusal: Refusal, allow: &'static str) -> Response {
    let (code, retry_after) = (refusal.code, refusal.retry_after);
    let answer = Answer::new(refusal.into_response());
    let mut response = json(media, code.status(media), &answer);
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    let (name, value) = match code {
        Code::MethodNotAllowed => (header::ALLOW, allow),
        Code::Unauthenticated => (header::WWW_AUTHENTICATE, "Bearer"),
        _ => return response,
    };
    response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    response
}

fn json(media: Media, status: StatusCode, value: &impl Serialize) -> Response {
    // What was refused before an event stream began is plain JSON.
    let media = match media {
        Media::EventStream => Media::Json,
        other => other,
    };
    match serde_json::to_vec(value) {
        Ok(body) => head(media, status).body(body),
        Err(error) => {
            tracing::error!(%error, "a GraphQL response cannot be written as JSON");
            head(Media::Json, StatusCode::INTERNAL_SERVER_ERROR)
                .body(r#"{"errors":[{"message":"Internal error.","extensions":{"code":"INTERNAL"}}]}"#)
        }
    }
}

/// Lets a client keep an answer that tells nothing of any patient, on condition that it asks each time whether it still holds.
pub fn may_be_kept(response: &mut Response) {
    let revalidated = header::HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, revalidated);
}

/// Status and headers that every response of this path has.
pub fn head(media: Media, status: StatusCode) -> poem::ResponseBuilder {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, media.content_type())
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::VARY, "Accept")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

/// Resolvers may set cookies and the like, but not what the transport decides.
fn add_headers(headers: &mut HeaderMap, wanted: HeaderMap) {
    let mut last: Option<HeaderName> = None;
    for (name, value) in wanted {
        last = name.or(last);
        if let Some(name) = last.as_ref().filter(|name| !is_ours(name)) {
            headers.append(name.clone(), value);
        }
    }
}

fn is_ours(name: &HeaderName) -> bool {
    [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CACHE_CONTROL,
    ]
    .contains(name)
}
