//! `POST /studies/upload` (contract S2-21..31): form fields and files in any order, streamed.

use super::parts::{self, Parts};
use super::study::{self, StudyBody};
use super::words::{Choice, Flag, Integer, Text};
use super::{PacsError, input};
use crate::caller::FormCaller;
use crate::cookies::{CSRF_FIELD, CsrfCheck};
use crate::rates::Rate;
use crate::rest::openapi::Operation;
use crate::routes::RestRoute;
use domain::studies::Modality;
use domain::uploads::{self, Ingest, UploadForm};
use domain::{App, Context, Error};
use poem::http::Method;
use poem::web::{Data, Json};
use poem::{Body, Request, handler};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub fn routes() -> Vec<RestRoute> {
    let operation = || {
        Operation::new("Studies", "Upload a study")
            .description("DICOM files, or ZIP archives of them. Files that are no DICOM are left out and not counted.")
            .multipart::<StudyForm>("dicom_files")
            .answers::<StudyBody>()
            .refuses(&[400, 404])
    };
    vec![
        RestRoute::new(Method::POST, "/studies/upload", upload)
            .described(operation())
            .counted_as(Rate::Upload),
        // The alias of S2-31.
        RestRoute::new(Method::POST, "/studies", upload).described(operation()).counted_as(Rate::Upload),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct StudyForm {
    patient_name: Text,
    modality: Choice<Modality>,
    /// Years.
    patient_age: Option<Integer>,
    patient_gender: Option<Text>,
    study_type: Option<Text>,
    study_description: Option<Text>,
    is_urgent: Option<Flag>,
    /// For administrators; without it the study goes to the server's default centre.
    centre_id: Option<Integer>,
}

impl From<StudyForm> for UploadForm {
    fn from(form: StudyForm) -> Self {
        Self {
            centre_id: form.centre_id.map(|id| id.0),
            patient_name: Some(form.patient_name.0),
            patient_age: form.patient_age.map(|Integer(age)| i32::try_from(age).unwrap_or(-1)),
            patient_gender: form.patient_gender.map(|text| text.0),
            modality: Some(form.modality.0),
            study_type: form.study_type.map(|text| text.0),
            study_description: form.study_description.map(|text| text.0),
            is_urgent: form.is_urgent.is_some_and(|flag| flag.0),
            urgency: None,
        }
    }
}

#[handler]
async fn upload(
    app: Data<&App>,
    FormCaller { ctx, csrf }: FormCaller,
    request: &Request,
    body: Body,
) -> Result<Json<StudyBody>, PacsError> {
    let forbidden = |error| PacsError::or_forbidden(error, "Not authorized to upload studies");
    let ingest = Ingest::open(app.0, &ctx).await.map_err(forbidden)?;
    Ok(Json(
        receive(app.0, &ctx, csrf, ingest, Parts::new(request, body)?).await?,
    ))
}

async fn receive(
    app: &App,
    ctx: &Context,
    csrf: CsrfCheck,
    mut ingest: Ingest,
    mut parts: Parts,
) -> Result<StudyBody, PacsError> {
    let (mut fields, mut files) = (Map::new(), 0);
    while let Some(field) = parts.next().await? {
        let name = field.name().unwrap_or_default().to_owned();
        // S2-31: both names of the file field are accepted.
        if name == "dicom_files" || name == "files" {
            let file_name = field.file_name().unwrap_or("file").to_owned();
            ingest.file(&file_name, parts::bytes(field)).await?;
            files += 1;
        } else {
            let text = parts.text(field).await?;
            // A form sends what was not filled in as an empty text; a name that is empty is wrong.
            if !text.is_empty() || name == "patient_name" {
                fields.insert(name, Value::String(text));
            }
        }
    }
    let token = fields.remove(CSRF_FIELD);
    csrf.done(token.as_ref().and_then(Value::as_str))?;
    if files == 0 {
        return Err(input::missing_field("dicom_files"));
    }
    let form: StudyForm = input::shape("body", Value::Object(fields))?;
    let uploaded = uploads::study_upload(app, ctx, ingest, form.into()).await?;
    let study = uploaded.studies.into_iter().next().ok_or(Error::NotFound("Study"))?;
    study::one(app, ctx, study).await
}
