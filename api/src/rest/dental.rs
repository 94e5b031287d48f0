//! Family C, the dental scan API: so far the sessions of browsers, which every family takes (contract X-08).

mod error;
mod session;

pub use error::DentalError;

use crate::routes::RestRoute;
use poem::http::Method;

pub fn routes() -> Vec<RestRoute> {
    vec![
        RestRoute::new(Method::GET, "/login", session::page),
        RestRoute::new(Method::POST, "/login", session::login),
        RestRoute::new(Method::POST, "/logout", session::logout),
    ]
}
