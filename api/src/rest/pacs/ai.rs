//! `/ai`: analyses of studies. Without an engine they are unavailable, and say so; everything else works (contract S2-66).

use super::PacsError;
use super::reports::ReportBody;
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::Error;
use poem::handler;
use poem::http::Method;

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("AI", summary).answers::<ReportBody>();
    vec![
        RestRoute::new(Method::POST, "/ai/process-study/:study_id", unavailable)
            .described(operation("Analyse a study in the background")),
        RestRoute::new(Method::POST, "/ai/analyze-study/:study_id", unavailable)
            .described(operation("Analyse a study at once")),
        RestRoute::new(Method::GET, "/ai/report/:study_id", unavailable)
            .described(operation("Get the report of an analysis")),
    ]
}

#[handler]
fn unavailable(Caller(_): Caller) -> Result<(), PacsError> {
    let text = "AI functionality not available. AI dependencies not installed.";
    Err(Error::Unavailable(text.into()).into())
}
