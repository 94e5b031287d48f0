//! `/studies/{study_id}/instance/{n}`: the files of a study, in the order in which they were uploaded.

use super::PacsError;
use super::input::path_number;
use super::{studies, study};
use crate::caller::Caller;
use crate::media::file;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::{App, studies as service};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Request, Response, handler};
use schemars::JsonSchema;
use serde::Serialize;

pub fn routes() -> Vec<RestRoute> {
    let operation = |summary| Operation::new("Studies", summary);
    let one = || {
        operation("Get a DICOM file")
            .description("The n-th file of the study, from 0, unchanged. Ranges of bytes may be asked for.")
            .text("study_id")
            .answers_file(file::CONTENT_TYPE)
    };
    vec![
        RestRoute::new(Method::GET, "/studies/:study_id/instance/:instance_number", get).described(one()),
        RestRoute::new(Method::GET, "/studies/:study_id/instances/:instance_number", get).described(one()),
        RestRoute::new(Method::GET, "/studies/:study_id/instances", list)
            .described(operation("List a study's files").text("study_id").answers::<Instances>()),
    ]
}

/// `GET /studies/{study_id}/instance/{n}` (S2-40, S2-41).
#[handler]
async fn get(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Response, PacsError> {
    let (key, number) = (studies::key(request)?, path_number(request, "instance_number")?);
    let instance = service::study_instance(app.0, &ctx, &key, number).await?;
    file::answer(app.0, request.headers(), &instance).await
}

#[derive(Serialize, JsonSchema)]
struct Instances {
    study_id: String,
    instances: Vec<InstancePlace>,
}

#[derive(Serialize, JsonSchema)]
struct InstancePlace {
    instance_number: i32,
    file_path: String,
    url: String,
}

/// `GET /studies/{study_id}/instances` (S2-41).
#[handler]
async fn list(app: Data<&App>, Caller(ctx): Caller, request: &Request) -> Result<Json<Instances>, PacsError> {
    let found = service::study_find(app.0, &ctx, &studies::key(request)?).await?;
    let path = study::files_path(app.0, &ctx, &found).await?;
    let place = |number| InstancePlace {
        instance_number: number,
        file_path: format!("{path}/instance_{number:04}.dcm"),
        url: format!("/studies/{}/instance/{number}", found.id),
    };
    Ok(Json(Instances {
        instances: (0..found.number_of_instances).map(place).collect(),
        study_id: found.study_code.clone(),
    }))
}
