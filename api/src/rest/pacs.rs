//! Family A, the PACS API, spelled as its document spells it.

mod ai;
mod auth;
mod billing;
mod centres;
mod error;
mod form;
mod imaging_machines;
mod input;
mod instances;
mod lists;
mod parts;
mod prices;
mod reports;
mod studies;
mod study;
mod upload;
mod users;
mod words;

pub use error::PacsError;

use crate::routes::RestRoute;

pub fn routes() -> Vec<RestRoute> {
    [
        auth::routes(),
        users::routes(),
        centres::routes(),
        imaging_machines::routes(),
        upload::routes(),
        studies::routes(),
        instances::routes(),
        reports::routes(),
        ai::routes(),
        prices::routes(),
        billing::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
