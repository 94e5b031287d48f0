//! `GET /media/instances/{uuid}/file`: an instance's file as it was uploaded, whole or a range of it (RFC 9110, section 14).

use super::{CACHE, reader, unseen};
use crate::rest::PacsError;
use domain::{App, rows, studies};
use futures::TryStreamExt;
use poem::http::{HeaderMap, StatusCode, header};
use poem::web::{Data, Path};
use poem::{Body, Request, Response, ResponseBuilder, handler};
use std::io;
use std::ops::Range;
use uuid::Uuid;

pub const CONTENT_TYPE: &str = "application/dicom";

#[handler]
pub async fn stored(app: Data<&App>, request: &Request, Path(uuid): Path<Uuid>) -> Result<Response, PacsError> {
    let ctx = reader(app.0, request).await?;
    let instance = studies::instance_find(app.0, &ctx, uuid).await.map_err(unseen)?;
    answer(app.0, request.headers(), &instance).await
}

/// The file of an instance, or what of it the headers of the request ask for.
pub async fn answer(app: &App, headers: &HeaderMap, instance: &rows::Instance) -> Result<Response, PacsError> {
    let tag = format!("\"{}\"", instance.sha256);
    if names(headers, header::IF_NONE_MATCH, &tag) {
        return Ok(Response::builder().status(StatusCode::NOT_MODIFIED).header(header::ETAG, tag).finish());
    }
    let size = u64::try_from(instance.size_bytes).unwrap_or(0);
    // A range of another version of the file is of no use; there is none, but the client cannot know.
    let fresh = !headers.contains_key(header::IF_RANGE) || names(headers, header::IF_RANGE, &tag);
    let asked = headers.get(header::RANGE).filter(|_| fresh).and_then(|value| value.to_str().ok());
    Ok(match asked.map_or(Asked::Whole, |text| range(text, size)) {
        Asked::Whole => {
            let bytes = app.storage.stream(&instance.object_key).await?.map_err(io::Error::other);
            head(instance, &tag, size).body(Body::from_bytes_stream(bytes))
        }
        Asked::Part(part) => {
            let bytes = app.storage.stream_range(&instance.object_key, part.clone()).await?.map_err(io::Error::other);
            let place = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            head(instance, &tag, part.end - part.start)
                .status(StatusCode::PARTIAL_CONTENT)
                .header(header::CONTENT_RANGE, place)
                .body(Body::from_bytes_stream(bytes))
        }
        Asked::Outside => Response::builder()
            .status(StatusCode::RANGE_NOT_SATISFIABLE)
            .header(header::CONTENT_RANGE, format!("bytes */{size}"))
            .finish(),
    })
}

fn head(instance: &rows::Instance, tag: &str, length: u64) -> ResponseBuilder {
    Response::builder()
        .content_type(CONTENT_TYPE)
        .header(header::CONTENT_LENGTH, length)
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}.dcm\"", instance.uuid),
        )
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, tag)
        .header(header::CACHE_CONTROL, CACHE)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

/// Whether a conditional header names this version of the file.
fn names(headers: &HeaderMap, name: header::HeaderName, tag: &str) -> bool {
    let Some(text) = headers.get(name).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    text.split(',').any(|one| one.trim() == tag)
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    /// Beyond the end.
    Outside,
}

/// One range of bytes; several at once, other units and what cannot be read are answered with the whole file, as they may be.
fn range(text: &str, size: u64) -> Asked {
    let Some((first, last)) = text.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let part = match (first.trim(), number(first), last.trim(), number(last)) {
        (_, Some(first), "", _) => first..size,
        (_, Some(first), _, Some(last)) if first <= last => first..size.min(last.saturating_add(1)),
        ("", _, _, Some(length)) => size.saturating_sub(length)..size,
        _ => return Asked::Whole,
    };
    match part.is_empty() {
        true => Asked::Outside,
        false => Asked::Part(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_has_them() {
        assert_eq!(range("bytes=0-9", 100), Asked::Part(0..10));
        assert_eq!(range("bytes=90-", 100), Asked::Part(90..100));
        assert_eq!(range("bytes=-10", 100), Asked::Part(90..100));
        assert_eq!(range("bytes=-1000", 100), Asked::Part(0..100));
        assert_eq!(range("bytes=50-18446744073709551615", 100), Asked::Part(50..100));
        for outside in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(range(outside, 100), Asked::Outside, "{outside}");
        }
        for whole in [
            "bytes=0-1,5-6",
            "lines=1-2",
            "bytes=9-1",
            "bytes=-",
            "bytes=a-b",
            "bytes",
            "",
        ] {
            assert_eq!(range(whole, 100), Asked::Whole, "{whole}");
        }
    }
}
