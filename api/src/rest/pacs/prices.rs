//! `/billing/pricing`: what reading a study costs.

use crate::routes::RestRoute;

pub fn routes() -> Vec<RestRoute> {
    Vec::new()
}
