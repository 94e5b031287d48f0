//! GraphiQL: the page for those who explore the GraphQL API. Its sources are in `web/graphiql`.

use super::{Page, asset};
use crate::rest::PacsError;
use crate::routes::RestRoute;
use domain::config::Switch;
use domain::{App, Error};
use poem::http::Method;
use poem::web::{Data, Path};
use poem::{Request, Response, handler};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../web/graphiql/dist"]
struct GraphiQl;

impl Page for GraphiQl {
    /// Scripts, workers and fonts are files of ours, and nothing is fetched from elsewhere; `connect-src 'self'` also covers the
    /// WebSocket of subscriptions. The exceptions are the editor's (Monaco), which needs them to draw text: it makes style
    /// elements and puts positions into `style` attributes, and its marks below wrong words are `data:` pictures.
    const POLICY: &'static str = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self'; \
        style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

pub fn routes() -> Vec<RestRoute> {
    vec![
        RestRoute::new(Method::GET, "/graphiql", page),
        RestRoute::new(Method::GET, "/graphiql/assets/:file", file),
    ]
}

/// `GET /graphiql`.
#[handler]
async fn page(app: Data<&App>, request: &Request) -> Result<Response, PacsError> {
    served(app.0)?;
    super::page::<GraphiQl>(request, "index.html")
}

/// `GET /graphiql/assets/{file}`.
#[handler]
async fn file(app: Data<&App>, request: &Request, Path(name): Path<String>) -> Result<Response, PacsError> {
    served(app.0)?;
    asset::<GraphiQl>(request, &name)
}

fn served(app: &App) -> Result<(), Error> {
    match app.config.graphiql {
        Switch::On => Ok(()),
        Switch::Off => Err(Error::NotFound("Page")),
    }
}
