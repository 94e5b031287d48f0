//! Form bodies, urlencoded or multipart, as this family's clients send them.

use super::parts::Parts;
use domain::error::FieldError;
use domain::{Error, Result};
use poem::Request;
use std::collections::HashMap;

/// Bytes of a form without files.
const LIMIT: usize = 64 << 10;

/// The text fields of a small form.
pub async fn fields(request: &Request, body: &mut poem::RequestBody) -> Result<HashMap<String, String>> {
    let unreadable = || Error::invalid("body", "UNREADABLE", "the form could not be read");
    let body = body.take().map_err(|_| unreadable())?;
    if request.content_type().is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        let mut parts = Parts::new(request, body)?;
        let mut fields = HashMap::new();
        while let Some(field) = parts.next().await? {
            let name = field.name().unwrap_or_default().to_owned();
            fields.insert(name, parts.text(field).await?);
        }
        return Ok(fields);
    }
    let bytes = body.into_bytes_limit(LIMIT).await;
    let bytes = bytes.map_err(|_| Error::TooLarge("The form is too large".into()))?;
    serde_urlencoded::from_bytes(&bytes).map_err(|_| unreadable())
}

pub fn required(fields: &mut HashMap<String, String>, name: &'static str) -> Result<String> {
    fields.remove(name).ok_or_else(|| missing(name))
}

pub fn missing(field: &'static str) -> Error {
    wrong(field, "MISSING", "field required")
}

pub fn wrong(field: &'static str, code: &'static str, message: impl Into<String>) -> Error {
    Error::Invalid(vec![FieldError {
        field,
        code,
        message: message.into(),
    }])
}
