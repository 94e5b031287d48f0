//! Reads what clients send into the shapes that the documentation shows: JSON bodies, query strings, numbers in paths. What is wrong
//! is told in the family's way (contract ), all missing fields at once.

use super::PacsError;
use super::error::Problem;
use super::words;
use poem::{FromRequest, Request, RequestBody};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Bytes of a JSON body (contract X-30).
const LIMIT: usize = 1 << 20;
const MISSING: &str = "field required";

/// A JSON object. An empty body is read as one without members.
pub struct Body<T>(pub T);

impl<'a, T: DeserializeOwned + JsonSchema> FromRequest<'a> for Body<T> {
    async fn from_request(_: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let read = async {
            let unreadable = |text: &str| PacsError::malformed("body", "", text, "value_error");
            let body = body.take().map_err(|_| unreadable("the body could not be read"))?;
            let bytes = body.into_bytes_limit(LIMIT).await.map_err(|error| match error {
                poem::error::ReadBodyError::PayloadTooLarge => too_large(),
                _ => unreadable("the body ended before it was complete"),
            })?;
            let value = match bytes.iter().all(u8::is_ascii_whitespace) {
                true => Value::Object(Map::new()),
                false => serde_json::from_slice(&bytes).map_err(|error| {
                    PacsError::malformed("body", "", format!("invalid JSON: {error}"), "value_error.jsondecode")
                })?,
            };
            shape("body", value).map(Self)
        };
        read.await.map_err(Into::into)
    }
}

fn too_large() -> PacsError {
    domain::Error::TooLarge(format!("A JSON body has at most {LIMIT} bytes")).into()
}

/// The query string; of a name that comes twice the last value counts.
pub struct Params<T>(pub T);

impl<'a, T: DeserializeOwned + JsonSchema> FromRequest<'a> for Params<T> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let text = request.uri().query().unwrap_or_default();
        let unreadable = |_| PacsError::malformed("query", "", "the query string could not be read", "value_error");
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).map_err(unreadable)?;
        let values = pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        Ok(shape("query", Value::Object(values)).map(Self)?)
    }
}

/// A number in the path; `name` is the route's name of it.
pub fn path_number(request: &Request, name: &'static str) -> Result<i64, PacsError> {
    let text = path_text(request, name);
    text.parse()
        .map_err(|_| PacsError::malformed("path", name, words::NOT_AN_INTEGER, "type_error.integer"))
}

pub fn path_text(request: &Request, name: &str) -> String {
    let parameters: HashMap<String, String> = request.path_params().unwrap_or_default();
    parameters.get(name).cloned().unwrap_or_default()
}

/// Values as `T`.
pub fn shape<T: DeserializeOwned + JsonSchema>(place: &'static str, values: Value) -> Result<T, PacsError> {
    let Value::Object(members) = &values else {
        return Err(PacsError::malformed(
            place,
            "",
            "value is not a valid dict",
            "type_error.dict",
        ));
    };
    let given: Vec<String> = members.keys().cloned().collect();
    serde_path_to_error::deserialize(values).map_err(|error| {
        let mut problems = missing::<T>(place, &given);
        let (path, message) = (error.path().to_string(), error.inner().to_string());
        if problems.is_empty() || path != "." {
            problems.push(Problem {
                place,
                path: if path == "." { String::new() } else { path },
                kind: kind(&message),
                message,
            });
        }
        PacsError::Malformed(problems)
    })
}

/// Every field that must be there and is not.
fn missing<T: JsonSchema>(place: &'static str, given: &[String]) -> Vec<Problem> {
    let schema = schemars::schema_for!(T);
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let names = required.iter().filter_map(Value::as_str).filter(|name| !given.iter().any(|one| one == name));
    let problem = |name: &str| Problem {
        place,
        path: name.into(),
        message: MISSING.into(),
        kind: "value_error.missing",
    };
    names.map(problem).collect()
}

/// The word by which clients know what is wrong, from what `words` says of it.
fn kind(message: &str) -> &'static str {
    const KINDS: [(&str, &str); 7] = [
        (words::NOT_AN_INTEGER, "type_error.integer"),
        (words::NOT_A_BOOLEAN, "type_error.bool"),
        (words::NOT_A_DECIMAL, "type_error.decimal"),
        (words::NOT_TEXT, "type_error.str"),
        (words::NOT_A_CHOICE, "type_error.enum"),
        (words::NOT_A_DAY, "value_error.date"),
        (words::TOO_SMALL, "value_error.number.not_ge"),
    ];
    KINDS.iter().find(|(begin, _)| message.starts_with(begin)).map_or("value_error", |(_, kind)| kind)
}

pub fn missing_field(name: &str) -> PacsError {
    PacsError::malformed("body", name, MISSING, "value_error.missing")
}
