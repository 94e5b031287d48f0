//! `GET /`: what this server is, for programs and for people (contract X-06).

use poem::http::header;
use poem::web::Json;
use poem::{IntoResponse, Request, Response, handler};
use serde_json::json;

const PAGE: &str = include_str!("root.html");
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[handler]
pub fn root(request: &Request) -> Response {
    if !request.header(header::ACCEPT).is_some_and(|accept| accept.contains("text/html")) {
        let about = json!({ "message": "PACS System API", "version": env!("CARGO_PKG_VERSION") });
        return Json(about).with_header(header::VARY, "Accept").into_response();
    }
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::VARY, "Accept")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(PAGE.replace("{version}", env!("CARGO_PKG_VERSION")))
}
