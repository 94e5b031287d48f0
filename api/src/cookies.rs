//! Cookies of browsers, and the token by which a page shows that a request is its own (contract X-18..22): the double submit that
//! Django's clients know, a readable cookie whose value comes again in a header or a field.

use crate::edge::Peer;
use crate::secrets::same;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::{App, Error, Result};
use poem::Request;
use poem::http::HeaderMap;
use poem::http::header;

pub const SESSION: &str = "sessionid";
pub const CSRF: &str = "csrftoken";
pub const CSRF_FIELD: &str = "csrfmiddlewaretoken";
const CSRF_HEADER: &str = "x-csrftoken";
/// Characters of a token of ours.
const LENGTH: usize = 43;

/// The value of a cookie; of several with one name the first.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(is, _)| *is == name).map(|(_, value)| value).find(|value| !value.is_empty())
}

/// The cookie of a session, which scripts cannot read.
pub fn session(token: &str, expires: DateTime<Utc>, secure: bool) -> String {
    let seconds = (expires - Utc::now()).num_seconds().max(0);
    format!(
        "{SESSION}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{}",
        secured(secure)
    )
}

/// Takes the session away.
pub fn no_session(secure: bool) -> String {
    format!(
        "{SESSION}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}",
        secured(secure)
    )
}

/// The cookie of a CSRF token, which the page's scripts read; without an end of its own it goes with the browser.
pub fn csrf(token: &str, secure: bool) -> String {
    format!("{CSRF}={token}; Path=/; SameSite=Lax{}", secured(secure))
}

fn secured(secure: bool) -> &'static str {
    if secure { "; Secure" } else { "" }
}

pub fn new_csrf_token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What a request has still to show.
#[derive(Debug)]
pub enum CsrfCheck {
    Passed,
    /// A field of the form with this value.
    Field(String),
}

impl CsrfCheck {
    /// For a request that a browser's session makes.
    pub fn of(request: &Request) -> Result<Self> {
        let headers = request.headers();
        if request.method().is_safe() && !headers.contains_key(header::UPGRADE) {
            return Ok(Self::Passed);
        }
        if !from_known_page(request) {
            return Err(Error::CsrfFailed);
        }
        // A socket is opened by GET and cannot send headers; its page is known by its origin, which browsers always send.
        if headers.contains_key(header::UPGRADE) {
            return headers.contains_key(header::ORIGIN).then_some(Self::Passed).ok_or(Error::CsrfFailed);
        }
        Self::of_form(headers)
    }

    /// For a form, whoever sends it.
    pub fn of_form(headers: &HeaderMap) -> Result<Self> {
        let cookie = read(headers, CSRF).filter(|token| token.len() == LENGTH).ok_or(Error::CsrfFailed)?;
        let expected = Self::Field(cookie.to_owned());
        match headers.get(CSRF_HEADER).map(|value| value.to_str().unwrap_or_default()) {
            None => Ok(expected),
            sent => expected.done(sent).map(|()| Self::Passed),
        }
    }

    /// The form was read, with or without the field.
    pub fn done(self, field: Option<&str>) -> Result<()> {
        match self {
            Self::Passed => Ok(()),
            Self::Field(expected) if field.is_some_and(|field| same(field, &expected)) => Ok(()),
            Self::Field(_) => Err(Error::CsrfFailed),
        }
    }
}

/// Whether the page that sent the request is one of ours or of a listed site (contract X-32), as far as the browser tells.
fn from_known_page(request: &Request) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return true;
    };
    let listed = request.data::<App>().is_some_and(|app| app.config.cors_origins.contain(origin.as_bytes()));
    let place = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, place)| place);
    listed || (place.is_some() && place == Peer::of(request).host.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_as_browsers_write_them() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; sessionid=x.y=z;b".parse().unwrap());
        headers.append(header::COOKIE, "csrftoken=t".parse().unwrap());
        assert_eq!(read(&headers, SESSION), Some("x.y=z"));
        assert_eq!(read(&headers, CSRF), Some("t"));
        assert_eq!(read(&headers, "b"), None);
    }
}
