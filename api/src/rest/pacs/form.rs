//! Form bodies, urlencoded or multipart, as this family's clients send them.

use domain::error::FieldError;
use domain::{Error, Result};
use poem::Request;
use poem::web::Multipart;
use std::collections::HashMap;

/// Bytes of a form without files.
const LIMIT: usize = 64 << 10;

/// The text fields of a small form.
pub async fn fields(request: &Request, body: &mut poem::RequestBody) -> Result<HashMap<String, String>> {
    use poem::FromRequest;
    let unreadable = |_: poem::Error| Error::invalid("body", "UNREADABLE", "the form could not be read");
    if request.content_type().is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        let mut multipart = Multipart::from_request(request, body).await.map_err(unreadable)?;
        let mut fields = HashMap::new();
        while let Ok(Some(field)) = multipart.next_field().await {
            let name = field.name().unwrap_or_default().to_owned();
            fields.insert(name, text(field).await?);
        }
        return Ok(fields);
    }
    let bytes = body.take().map_err(poem::Error::from).map_err(unreadable)?.into_bytes_limit(LIMIT).await;
    let bytes = bytes.map_err(|_| Error::TooLarge("The form is too large".into()))?;
    serde_urlencoded::from_bytes(&bytes).map_err(|_| Error::invalid("body", "UNREADABLE", "the form could not be read"))
}

/// One text field, bounded.
pub async fn text(field: poem::web::Field) -> Result<String> {
    use tokio::io::AsyncReadExt;
    let name = field.name().unwrap_or_default().to_owned();
    let mut text = Vec::new();
    let read = field.into_async_read().take(LIMIT as u64 + 1).read_to_end(&mut text).await;
    if read.is_err() {
        return Err(Error::invalid("body", "UNREADABLE", "the form could not be read"));
    }
    if text.len() > LIMIT {
        return Err(Error::TooLarge(format!("The field {name} is too large")));
    }
    String::from_utf8(text).map_err(|_| Error::invalid("body", "UNREADABLE", "the form is not UTF-8"))
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
