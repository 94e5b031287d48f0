//! `/login` and `/logout`: the session of a browser (contract S3-01..04, X-18..22).

use super::DentalError;
use crate::caller::{self, is_https};
use crate::cookies::{self, CSRF_FIELD, CsrfCheck};
use domain::{App, Error, Result, identity};
use poem::http::{HeaderMap, StatusCode, header};
use poem::web::Data;
use poem::{Body, IntoResponse, Request, Response, handler};
use serde_json::json;
use std::collections::HashMap;

/// Bytes of the form.
const LIMIT: usize = 64 << 10;
const PAGE: &str = include_str!("login.html");
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// `GET /login`: the form, and the cookie that its token must equal.
#[handler]
pub fn page(request: &Request) -> Response {
    form(request, StatusCode::OK, "")
}

/// `POST /login`: to `next`, or to the page of the server; JSON for those who ask for it.
#[handler]
pub async fn login(app: Data<&App>, request: &Request, body: Body) -> Result<Response, DentalError> {
    let fields = fields(body).await?;
    let text = |name: &str| fields.get(name).map_or("", String::as_str);
    CsrfCheck::of_form(request.headers())?.done(fields.get(CSRF_FIELD).map(String::as_str))?;
    let ctx = caller::anonymous(request);
    let session = identity::web_session_create(app.0, &ctx, text("username"), text("password")).await;
    let session = match session {
        Err(error @ (Error::BadCredentials | Error::TooMany { .. })) if !wants_json(request.headers()) => {
            return Ok(form(request, StatusCode::OK, &error.to_string()));
        }
        session => session?,
    };
    let secure = is_https(request);
    let answer = match wants_json(request.headers()) {
        true => poem::web::Json(json!({ "success": true })).into_response(),
        false => found(local(request, text("next"))),
    };
    let set = [
        cookies::session(&session.token, session.expires_at, secure),
        cookies::csrf(&cookies::new_csrf_token(), secure),
    ];
    Ok(with_cookies(answer, set))
}

/// `POST /logout`: the session ends, here and for whoever copied it.
#[handler]
pub async fn logout(app: Data<&App>, request: &Request, body: Body) -> Result<Response, DentalError> {
    let fields = fields(body).await?;
    if let Some(session) = cookies::read(request.headers(), cookies::SESSION) {
        CsrfCheck::of(request)?.done(fields.get(CSRF_FIELD).map(String::as_str))?;
        identity::web_session_end(app.0, &crate::caller::anonymous(request), session).await?;
    }
    let answer = match wants_json(request.headers()) {
        true => poem::web::Json(json!({ "success": true })).into_response(),
        false => found("/login/".into()),
    };
    Ok(with_cookies(answer, [cookies::no_session(is_https(request))]))
}

fn with_cookies(mut answer: Response, cookies: impl IntoIterator<Item = String>) -> Response {
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    for cookie in cookies.into_iter().filter_map(|cookie| cookie.parse().ok()) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

async fn fields(body: Body) -> Result<HashMap<String, String>> {
    let bytes = body.into_bytes_limit(LIMIT).await.map_err(|_| Error::TooLarge("The form is too large".into()))?;
    let unreadable = |_| Error::invalid("body", "UNREADABLE", "the form could not be read");
    serde_urlencoded::from_bytes(&bytes).map_err(unreadable)
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"))
}

fn found(place: String) -> Response {
    StatusCode::FOUND.with_header(header::LOCATION, place).into_response()
}

/// Where to go on: a path of this server, never another one's.
fn local(request: &Request, next: &str) -> String {
    let asked = || {
        let query = request.uri().query().unwrap_or_default();
        let pairs: HashMap<String, String> = serde_urlencoded::from_str(query).unwrap_or_default();
        pairs.get("next").cloned().unwrap_or_default()
    };
    let next = if next.is_empty() { asked() } else { next.to_owned() };
    let is_path = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path { next } else { "/".into() }
}

fn form(request: &Request, status: StatusCode, message: &str) -> Response {
    let known = cookies::read(request.headers(), cookies::CSRF)
        .filter(|token| token.len() == 43 && token.bytes().all(is_token));
    let token = known.map_or_else(cookies::new_csrf_token, String::from);
    let message = match message {
        "" => String::new(),
        message => format!("<p role=\"alert\">{}</p>", escaped(message)),
    };
    let html = PAGE
        .replace("{token}", &token)
        .replace("{next}", &escaped(&local(request, "")))
        .replace("{message}", &message);
    Response::builder()
        .status(status)
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::SET_COOKIE, cookies::csrf(&token, is_https(request)))
        .body(html)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
