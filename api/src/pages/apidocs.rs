//! The documentation of the REST APIs for people (contract X-33, S2-94): Swagger UI, where calls can be tried, and ReDoc, for reading.
//! Both read `/openapi.json`. Their sources are in `web/apidocs`.

use super::{Page, asset, page};
use crate::rest::PacsError;
use crate::routes::RestRoute;
use poem::http::Method;
use poem::web::Path;
use poem::{Request, Response, handler};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../web/apidocs/dist"]
struct ApiDocs;

impl Page for ApiDocs {
    /// Scripts are files of ours, and nothing is fetched from elsewhere. The exceptions are Swagger UI's and ReDoc's: both set `style`
    /// attributes, ReDoc makes style elements, and their icons are `data:` pictures.
    const POLICY: &'static str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
        style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

/// The paths of other servers of this API are aliases.
pub fn routes() -> Vec<RestRoute> {
    vec![
        RestRoute::new(Method::GET, "/docs", swagger_ui),
        RestRoute::new(Method::GET, "/api/docs", swagger_ui),
        RestRoute::new(Method::GET, "/api/schema/swagger-ui", swagger_ui),
        RestRoute::new(Method::GET, "/redoc", redoc),
        RestRoute::new(Method::GET, "/api/schema/redoc", redoc),
        RestRoute::new(Method::GET, "/docs/assets/:file", file),
    ]
}

/// `GET /docs`.
#[handler]
async fn swagger_ui(request: &Request) -> Result<Response, PacsError> {
    page::<ApiDocs>(request, "docs.html")
}

/// `GET /redoc`.
#[handler]
async fn redoc(request: &Request) -> Result<Response, PacsError> {
    page::<ApiDocs>(request, "redoc.html")
}

/// `GET /docs/assets/{file}`.
#[handler]
async fn file(request: &Request, Path(name): Path<String>) -> Result<Response, PacsError> {
    asset::<ApiDocs>(request, &name)
}
