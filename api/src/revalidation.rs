//! Strong entity tags for answers to GET, so that a client that has the answer is told so instead of being sent it again.
//!
//! The tag is made of the bytes as they leave, compressed or not, so that it is strong (RFC 9110, section 8.8.1) and each encoding has its own. It does
//! not contradict `Cache-Control: no-store`: that forbids caches, of browsers and proxies, to keep patient data; a program that holds an
//! answer in its memory, such as a worklist that looks again every few seconds, may still ask whether it changed. Answers about
//! the schema alone are `private, no-cache`: they may be kept, and asked about in the same way.

use poem::{
    Endpoint, IntoResponse, Middleware, Request, Response, Result,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};
use sha2::{Digest, Sha256};

/// The middleware; outside of whatever changes the body.
pub struct Revalidation;

impl<E: Endpoint> Middleware<E> for Revalidation {
    type Output = Revalidating<E>;

    fn transform(&self, inner: E) -> Self::Output {
        Revalidating(inner)
    }
}

/// An endpoint whose answers to GET have tags.
pub struct Revalidating<E>(E);

impl<E: Endpoint> Endpoint for Revalidating<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if *request.method() != Method::GET {
            return Ok(self.0.call(request).await?.into_response());
        }
        let known: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
        let mut response = self.0.call(request).await?.into_response();
        if response.status() != StatusCode::OK || is_stream(response.headers()) {
            return Ok(response);
        }
        let body = response.take_body().into_bytes().await?;
        let tag = tag(&body);
        let unchanged = known.iter().any(|known| names(known, &tag));
        response.headers_mut().insert(header::ETAG, tag);
        if unchanged {
            response.set_status(StatusCode::NOT_MODIFIED);
            // They describe a body, and there is none.
            for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
                response.headers_mut().remove(name);
            }
        } else {
            response.set_body(body);
        }
        Ok(response)
    }
}

fn is_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

/// Half of a SHA-256 in quotes: no two answers share it.
fn tag(body: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(body);
    let digits: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    // Digits and quotes always fit a header.
    HeaderValue::from_str(&format!("\"{digits}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether `If-None-Match` holds the tag. The comparison is weak (RFC 9110, section 13.1.2): a proxy may have put `W/` before it.
fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let Ok(known) = known.to_str() else { return false };
    known
        .split(',')
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_and_behind_a_weakness() {
        let tag = tag(b"{}");
        let text = tag.to_str().unwrap();
        for (known, found) in [
            (text.to_owned(), true),
            (format!("\"other\", W/{text}"), true),
            ("*".into(), true),
            ("\"other\"".into(), false),
            (text.trim_matches('"').into(), false),
        ] {
            assert_eq!(names(&HeaderValue::from_str(&known).unwrap(), &tag), found, "{known}");
        }
    }
}
