//! Form bodies, urlencoded or multipart, as this family's clients send them.

use super::parts::Parts;
use super::{PacsError, input};
use domain::Error;
use poem::Request;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Bytes of a form without files.
const LIMIT: usize = 64 << 10;

/// The text fields of a small form.
pub async fn read<T: DeserializeOwned + JsonSchema>(
    request: &Request,
    body: &mut poem::RequestBody,
) -> Result<T, PacsError> {
    let unreadable = || PacsError::malformed("body", "", "the form could not be read", "value_error");
    let body = body.take().map_err(|_| unreadable())?;
    let mut fields = Map::new();
    if request.content_type().is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        let mut parts = Parts::new(request, body)?;
        while let Some(field) = parts.next().await? {
            let name = field.name().unwrap_or_default().to_owned();
            fields.insert(name, Value::String(parts.text(field).await?));
        }
    } else {
        let bytes = body.into_bytes_limit(LIMIT).await;
        let bytes = bytes.map_err(|_| Error::TooLarge("The form is too large".into()))?;
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).map_err(|_| unreadable())?;
        fields.extend(pairs.into_iter().map(|(name, value)| (name, Value::String(value))));
    }
    input::shape("body", Value::Object(fields))
}
