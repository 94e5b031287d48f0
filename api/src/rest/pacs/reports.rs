//! `/reports`: what radiologists write of a study, and verify.

use super::PacsError;
use super::input::{Body, Params, path_number};
use super::lists::{naive, slice};
use super::words::{Count, Flag, Integer, Text};
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::reports::{self, Changed, NewReport, ReportFilter, ReportUpdate};
use domain::{App, Error, rows};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Request, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Reports", summary);
    let one = |summary| operation(summary).answers::<ReportBody>();
    let verifying = || {
        one("Verify a report")
            .description(
                "The study is verified with it, and the text never changes again. Verifying twice changes nothing.",
            )
            .refuses(&[400])
    };
    vec![
        RestRoute::new(Method::GET, "/reports", list)
            .described(operation("List reports").query::<ReportQuery>().answers::<Vec<ReportBody>>()),
        RestRoute::new(Method::POST, "/reports", create)
            .described(one("Create a report").body::<CreateReport>().refuses(&[400, 404])),
        RestRoute::new(Method::GET, "/reports/:report_id", get).described(one("Get a report")),
        RestRoute::new(Method::PATCH, "/reports/:report_id", update).described(
            one("Change a report")
                .description("What is left out stays. A verified report never changes.")
                .body::<ReportChange>()
                .refuses(&[400]),
        ),
        RestRoute::new(Method::PATCH, "/reports/:report_id/verify", verify).described(verifying()),
        RestRoute::new(Method::POST, "/reports/:report_id/verify", verify).described(verifying()),
    ]
}

#[derive(Serialize, JsonSchema)]
pub struct ReportBody {
    id: i64,
    study_id: i64,
    findings: String,
    impression: String,
    report_type: Option<String>,
    is_ai_generated: bool,
    is_verified: bool,
    created_at: String,
    verified_at: Option<String>,
}

impl From<rows::Report> for ReportBody {
    fn from(report: rows::Report) -> Self {
        Self {
            id: report.id,
            study_id: report.study_id,
            findings: report.findings,
            impression: report.impression,
            report_type: report.report_type,
            is_ai_generated: report.is_ai_generated,
            is_verified: report.is_verified,
            created_at: naive(report.created_at),
            verified_at: report.verified_at.map(naive),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct ReportQuery {
    /// How many to leave out.
    skip: Option<Count>,
    /// How many at most: 100 when left out, never more than 1000.
    limit: Option<Count>,
    /// Only reports of the study with this number.
    study_id: Option<Integer>,
}

/// `GET /reports` (S2-48).
#[handler]
async fn list(
    app: Data<&App>,
    Caller(ctx): Caller,
    Params(query): Params<ReportQuery>,
) -> Result<Json<Vec<ReportBody>>, PacsError> {
    let filter = ReportFilter {
        study_id: query.study_id.map(|id| id.0),
        ..Default::default()
    };
    let reports = reports::report_slice(app.0, &ctx, &filter, slice(query.skip, query.limit)).await?;
    Ok(Json(reports.into_iter().map(Into::into).collect()))
}

/// `GET /reports/{report_id}` (S2-49).
#[handler]
async fn get(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<ReportBody>, PacsError> {
    let id = path_number(request, "report_id")?;
    Ok(Json(reports::report_get(app.0, &ctx, id).await?.into()))
}

#[derive(Deserialize, JsonSchema)]
struct CreateReport {
    /// The number of the study.
    study_id: Integer,
    findings: Text,
    impression: Text,
    report_type: Option<Text>,
    #[serde(default)]
    is_ai_generated: Option<Flag>,
}

/// `POST /reports` (S2-45..47).
#[handler]
async fn create(
    app: Data<&App>,
    Caller(ctx): Caller,
    Body(new): Body<CreateReport>,
) -> Result<Json<ReportBody>, PacsError> {
    let study = new.study_id.0.to_string();
    let new = NewReport {
        findings: new.findings.0,
        impression: new.impression.0,
        report_type: new.report_type.map(|text| text.0),
        is_ai_generated: new.is_ai_generated.is_some_and(|flag| flag.0),
    };
    Ok(Json(reports::report_create(app.0, &ctx, &study, new).await?.into()))
}

/// What is left out stays.
#[derive(Deserialize, JsonSchema)]
struct ReportChange {
    findings: Option<Text>,
    impression: Option<Text>,
    report_type: Option<Text>,
}

/// `PATCH /reports/{report_id}` (S2-52, S2-53).
#[handler]
async fn update(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    Body(change): Body<ReportChange>,
) -> Result<Json<ReportBody>, PacsError> {
    let id = path_number(request, "report_id")?;
    let update = ReportUpdate {
        findings: change.findings.map(|text| text.0),
        impression: change.impression.map(|text| text.0),
        report_type: change.report_type.map(|text| text.0),
        ..Default::default()
    };
    changed(reports::report_update(app.0, &ctx, id, update).await?)
}

/// `PATCH` and `POST /reports/{report_id}/verify` (S2-50, S2-51).
#[handler]
async fn verify(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<ReportBody>, PacsError> {
    let id = path_number(request, "report_id")?;
    changed(reports::report_verify(app.0, &ctx, id, None).await?)
}

fn changed(changed: Changed) -> Result<Json<ReportBody>, PacsError> {
    match changed {
        Changed::Done(report) => Ok(Json(report.into())),
        Changed::Refused(_, why) => {
            let detail = (why.code == "REPORT_VERIFIED").then_some("Report is verified; add an addendum");
            let error = Error::Conflict(why);
            Err(PacsError::Refused { error, detail })
        }
    }
}
