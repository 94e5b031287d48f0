//! `/studies`: finding studies, assigning them, and their status.

use super::PacsError;
use super::input::{Body, Params, path_number, path_text};
use super::lists::slice;
use super::study::{self, StudyBody};
use super::words::{self, Choice, Count, Day, Integer, Text};
use crate::caller::Caller;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::App;
use domain::studies::{self, Modality, StudyFilter, StudyStatus};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Request, handler};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Studies", summary);
    let one = |summary| operation(summary).answers::<StudyBody>();
    let assigning = || {
        one("Assign a study")
            .description(
                "Administrators and centres name a radiologist; a radiologist who names nobody claims the study.",
            )
            .query::<AssignQuery>()
            .body::<Assignment>()
            .refuses(&[400])
    };
    vec![
        RestRoute::new(Method::GET, "/studies", list)
            .described(operation("List studies").query::<StudyQuery>().answers::<Vec<StudyBody>>()),
        RestRoute::new(Method::GET, "/studies/:study_id", get).described(
            one("Get a study").description("By its number or its 8-character id.").text("study_id"),
        ),
        RestRoute::new(Method::GET, "/studies/study_id/:study_id", by_code)
            .described(one("Get a study by its 8-character id").text("study_id")),
        RestRoute::new(Method::PATCH, "/studies/:study_id/assign", assign).described(assigning()),
        RestRoute::new(Method::POST, "/studies/:study_id/assign", assign).described(assigning()),
        RestRoute::new(Method::PATCH, "/studies/:study_id/status", set_status).described(
            one("Set a study's status")
                .description("Its radiologist, or an administrator, says that it is `in_review`. Reports and their verification set the later ones.")
                .query::<StatusQuery>()
                .body::<StatusQuery>()
                .refuses(&[400]),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct StudyQuery {
    /// How many to leave out.
    skip: Option<Count>,
    /// How many at most: 100 when left out, never more than 1000.
    limit: Option<Count>,
    /// Only studies of this centre.
    centre_id: Option<Integer>,
    /// Only studies with this status.
    status: Option<Choice<StudyStatus>>,
    /// Only studies of this modality.
    modality: Option<Choice<Modality>>,
    /// Beginnings of words of the patient's name, identifiers and description; all must be found.
    search: Option<Text>,
    /// First day of examination.
    date_from: Option<Day>,
    /// Last day of examination.
    date_to: Option<Day>,
}

impl From<StudyQuery> for StudyFilter {
    fn from(query: StudyQuery) -> Self {
        Self {
            statuses: query.status.map(|status| status.0).into_iter().collect(),
            modalities: query.modality.map(|modality| modality.0).into_iter().collect(),
            centre_id: query.centre_id.map(|id| id.0),
            examined: (query.date_from.map(|day| day.0), query.date_to.map(|day| day.0)),
            text: query.search.map(|text| text.0).filter(|text| !text.trim().is_empty()),
            ..Default::default()
        }
    }
}

/// `GET /studies` (S2-32, S2-33).
#[handler]
async fn list(
    app: Data<&App>,
    Caller(ctx): Caller,
    Params(query): Params<StudyQuery>,
) -> Result<Json<Vec<StudyBody>>, PacsError> {
    let slice = slice(query.skip, query.limit);
    let studies = studies::study_slice(app.0, &ctx, &query.into(), slice).await?;
    Ok(Json(study::all(app.0, &ctx, studies).await?))
}

/// `GET /studies/{study_id}` (S2-34, S2-35).
#[handler]
async fn get(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<StudyBody>, PacsError> {
    let study = studies::study_find(app.0, &ctx, &key(request)?).await?;
    Ok(Json(study::one(app.0, &ctx, study).await?))
}

/// The number or the 8-character id of a study.
pub fn key(request: &Request) -> Result<String, PacsError> {
    let text = path_text(request, "study_id");
    let is_code = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code || text.parse::<i64>().is_ok() {
        return Ok(text);
    }
    Err(PacsError::malformed(
        "path",
        "study_id",
        words::NOT_AN_INTEGER,
        "type_error.integer",
    ))
}

/// `GET /studies/study_id/{study_id}` (S2-36).
#[handler]
async fn by_code(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<StudyBody>, PacsError> {
    let study = studies::study_by_code(app.0, &ctx, &path_text(request, "study_id")).await?;
    Ok(Json(study::one(app.0, &ctx, study).await?))
}

#[derive(Deserialize, JsonSchema)]
struct AssignQuery {
    /// Instead of the body.
    radiologist_id: Option<Integer>,
}

#[derive(Deserialize, JsonSchema)]
struct Assignment {
    radiologist_id: Option<Integer>,
}

/// `PATCH` and `POST /studies/{study_id}/assign` (S2-37..39, S2-96).
#[handler]
async fn assign(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    Params(query): Params<AssignQuery>,
    Body(body): Body<Assignment>,
) -> Result<Json<StudyBody>, PacsError> {
    let id = path_number(request, "study_id")?;
    let radiologist = body.radiologist_id.or(query.radiologist_id).map(|id| id.0);
    let study = studies::study_assign_or_claim(app.0, &ctx, &id.to_string(), radiologist).await?;
    Ok(Json(study::one(app.0, &ctx, study).await?))
}

#[derive(Deserialize, JsonSchema)]
struct StatusQuery {
    status: Option<Choice<StudyStatus>>,
}

/// `PATCH /studies/{study_id}/status` (S2-43).
#[handler]
async fn set_status(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    Params(query): Params<StatusQuery>,
    Body(body): Body<StatusQuery>,
) -> Result<Json<StudyBody>, PacsError> {
    let id = path_number(request, "study_id")?;
    let status = query
        .status
        .or(body.status)
        .ok_or_else(|| PacsError::malformed("query", "status", "field required", "value_error.missing"))?;
    let study = studies::study_status_set(app.0, &ctx, &id.to_string(), status.0).await;
    let study = study.map_err(|error| PacsError::or_not_allowed(error, "NOT_ASSIGNEE"))?;
    Ok(Json(study::one(app.0, &ctx, study).await?))
}
