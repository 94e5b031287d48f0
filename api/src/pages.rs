//! Pages for people: files that were built beforehand, lie gzipped within the binary and are sent as they lie there.
//!
//! Only the gzipped form is kept: every browser takes it, and a second one would double what the repository and the binary carry.

pub mod apidocs;
pub mod graphiql;
pub mod root;

use crate::compression::wants_gzip;
use crate::rest::PacsError;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::Error;
use flate2::read::GzDecoder;
use poem::http::{HeaderMap, StatusCode, header};
use poem::web::headers::{ETag, HeaderMapExt, IfNoneMatch};
use poem::{Body, Request, Response};
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::io::Read;

/// Hashes are part of the names of these files: what is kept never becomes wrong.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The page itself names the others: it may be kept, but is asked for each time.
const ASK_FIRST: &str = "no-cache";

/// Built pages: their files, each as `NAME.gz`.
pub trait Page: RustEmbed {
    /// The Content-Security-Policy of all of its files: workers obey that of their own file.
    const POLICY: &'static str;
}

/// One of the pages.
pub fn page<P: Page>(request: &Request, name: &str) -> Result<Response, PacsError> {
    answer::<P>(request, name, ASK_FIRST)
}

/// One of the files with hashes in their names; not found when there is none of that name.
pub fn asset<P: Page>(request: &Request, name: &str) -> Result<Response, PacsError> {
    answer::<P>(request, &format!("assets/{name}"), FOR_EVER)
}

fn answer<P: Page>(request: &Request, name: &str, caching: &'static str) -> Result<Response, PacsError> {
    let file = P::get(&format!("{name}.gz")).ok_or(Error::NotFound("File"))?;
    // Weak, because it stands for both forms that the file is sent in.
    let tag = format!(
        "W/\"{}\"",
        BASE64_URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..16])
    );
    let response = Response::builder()
        .header(header::CACHE_CONTROL, caching)
        .header(header::ETAG, &tag)
        .header(header::VARY, "Accept-Encoding")
        .header(header::CONTENT_SECURITY_POLICY, P::POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer");
    if is_known(request.headers(), &tag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let response = response.content_type(mime_guess::from_path(name).first_or_octet_stream().as_ref());
    if wants_gzip(request.headers()) {
        return Ok(response.header(header::CONTENT_ENCODING, "gzip").body(stored(file.data)));
    }
    let mut plain = Vec::new();
    GzDecoder::new(&*file.data).read_to_end(&mut plain).map_err(Error::internal)?;
    Ok(response.body(plain))
}

/// Without a copy.
fn stored(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => bytes.into(),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let (known, tag) = (headers.typed_get::<IfNoneMatch>(), tag.parse::<ETag>());
    known.zip(tag.ok()).is_some_and(|(known, tag)| !known.precondition_passes(&tag))
}
