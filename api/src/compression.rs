//! Compresses what is worth it: whole answers of JSON and text, by gzip, for clients that want it.
//!
//! poem's own middleware is not used: it also inflates request bodies, without bound and past the checks of their length, holds back event
//! streams while it waits for a full block, takes `gzip;q=0` for a wish, and brings a C library for zstd. Pictures and files
//! are compressed already.
//!
//! Compression under TLS lets an attacker guess secrets by the length of answers, if a foreign page can make a browser ask with the
//! victim's credentials (BREACH). Browsers attach cookies by themselves, but not the `Authorization` header: what a session's cookie may
//! have opened is not compressed.

use std::io::Write;

use crate::cookies;
use bytes::Bytes;
use flate2::{Compression as Level, write::GzEncoder};
use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response, Result,
    http::{HeaderMap, HeaderValue, header},
};

/// Below this many bytes the answer fits one packet anyway.
const SMALLEST: usize = 1_024;

/// From this many bytes on the work would hold up other requests on the same thread.
const LARGE: usize = 64 * 1_024;

/// Media types that shrink and are answered whole. `text/event-stream` is none of them: events must not wait for each other.
const SHRINKING: [&str; 4] = [
    "application/json",
    "application/graphql-response+json",
    "application/dicom+json",
    "text/plain",
];

/// The middleware.
pub struct Compression;

impl<E: Endpoint> Middleware<E> for Compression {
    type Output = Compressing<E>;

    fn transform(&self, inner: E) -> Self::Output {
        Compressing(inner)
    }
}

/// An endpoint whose answers are compressed.
pub struct Compressing<E>(E);

impl<E: Endpoint> Endpoint for Compressing<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let by_cookie = cookies::read(request.headers(), cookies::SESSION).is_some();
        let wanted = wants_gzip(request.headers()) && !by_cookie;
        let mut response = self.0.call(request).await?.into_response();
        if !shrinks(&response) || response.headers().contains_key(header::CONTENT_ENCODING) {
            return Ok(response);
        }
        for name in ["Accept-Encoding", "Cookie"] {
            response.headers_mut().append(header::VARY, HeaderValue::from_static(name));
        }
        if !wanted {
            return Ok(response);
        }
        let body = response.take_body().into_bytes().await?;
        match squeezed(&body).await {
            Some(small) => {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                response.set_body(small);
            }
            None => response.set_body(body),
        }
        Ok(response)
    }
}

fn shrinks(response: &Response) -> bool {
    let media = response.content_type().and_then(|value| value.split(';').next());
    media.is_some_and(|media| SHRINKING.contains(&media.trim()))
}

/// The body in gzip; `None` when it is not worth it.
async fn squeezed(body: &Bytes) -> Option<Vec<u8>> {
    match body.len() {
        ..SMALLEST => None,
        SMALLEST..LARGE => gzip(body),
        LARGE.. => {
            let body = body.clone();
            tokio::task::spawn_blocking(move || gzip(&body)).await.ok()?
        }
    }
}

/// Every answer is made anew: speed counts more than the last percent.
fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Level::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// Whether `Accept-Encoding` (RFC 9110, section 12.5.3) wants gzip: by its name, else by `*`, with a quality above zero.
pub fn wants_gzip(headers: &HeaderMap) -> bool {
    let (mut named, mut any) = (None, None);
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for choice in values.flat_map(|value| value.split(',')) {
        let (coding, parameter) = choice.split_once(';').unwrap_or((choice, ""));
        let quality = parameter.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        let wanted = quality.is_ok_and(|quality| quality > 0.0);
        match coding.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => named = Some(wanted),
            "*" => any = Some(wanted),
            _ => {}
        }
    }
    named.or(any).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_only_where_it_is_wanted() {
        for (value, wanted) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("deflate, *", true),
            ("", false),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip; q=0.0, *", false),
            ("*;q=0", false),
            ("gzip;q=nonsense", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(wants_gzip(&headers), wanted, "{value}");
        }
        assert!(!wants_gzip(&HeaderMap::new()));
    }
}
