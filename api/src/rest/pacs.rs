//! Family A, the PACS API, spelled as its document spells it.

mod auth;
mod error;
mod form;
mod parts;
mod study;
mod upload;

pub use error::{PacsError, method_not_allowed, panicked, unanswered};

use crate::routes::RestRoute;
use poem::http::Method;

pub fn routes() -> Vec<RestRoute> {
    vec![
        RestRoute::new(Method::POST, "/auth/token", auth::token),
        RestRoute::new(Method::GET, "/auth/me", auth::me),
        RestRoute::new(Method::POST, "/studies/upload", upload::upload),
        // The alias of S2-31.
        RestRoute::new(Method::POST, "/studies", upload::upload),
    ]
}
