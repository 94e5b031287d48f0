//! `POST /studies/upload` (contract S2-21..31): form fields and files in any order, streamed.

use super::parts::{self, Parts};
use super::study::StudyBody;
use super::{PacsError, form};
use crate::caller::Caller;
use domain::studies::Modality;
use domain::uploads::{self, Ingest, UploadForm};
use domain::{App, Context, Error, Result, centres};
use poem::web::{Data, Json};
use poem::{Body, Request, handler};
use std::collections::HashMap;

#[handler]
pub async fn upload(
    app: Data<&App>,
    Caller(ctx): Caller,
    request: &Request,
    body: Body,
) -> Result<Json<StudyBody>, PacsError> {
    let forbidden = |error| PacsError::or_forbidden(error, "Not authorized to upload studies");
    let ingest = Ingest::open(app.0, &ctx).await.map_err(forbidden)?;
    Ok(Json(receive(app.0, &ctx, ingest, Parts::new(request, body)?).await?))
}

async fn receive(app: &App, ctx: &Context, mut ingest: Ingest, mut parts: Parts) -> Result<StudyBody> {
    let (mut fields, mut files) = (HashMap::new(), 0);
    while let Some(field) = parts.next().await? {
        let name = field.name().unwrap_or_default().to_owned();
        // S2-31: both names of the file field are accepted.
        if name == "dicom_files" || name == "files" {
            let file_name = field.file_name().unwrap_or("file").to_owned();
            ingest.file(&file_name, parts::bytes(field)).await?;
            files += 1;
        } else {
            fields.insert(name, parts.text(field).await?);
        }
    }
    if files == 0 {
        return Err(form::missing("dicom_files"));
    }
    let uploaded = uploads::study_upload(app, ctx, ingest, upload_form(fields)?).await?;
    let study = uploaded.studies.into_iter().next().ok_or(Error::NotFound("Study"))?;
    let centre = centres::centre_get(app, ctx, study.centre_id).await?;
    Ok(StudyBody::new(study, &centre.name))
}

fn upload_form(mut fields: HashMap<String, String>) -> Result<UploadForm> {
    let patient_name = form::required(&mut fields, "patient_name")?;
    let modality = form::required(&mut fields, "modality")?;
    let modality = Modality::parse(&modality.to_lowercase())
        .filter(|modality| *modality != Modality::Other)
        .ok_or_else(|| {
            let message = "value is not a valid enumeration member; permitted: 'ct', 'xray', 'mri', 'ultrasound', 'pet', 'mammography'";
            form::wrong("modality", "NOT_A_CHOICE", message)
        })?;
    let mut text = |name: &str| fields.remove(name).filter(|text| !text.is_empty());
    let integer = |field, text: Option<String>| {
        text.map(|text| text.trim().parse().map_err(|_| form::wrong(field, "NOT_AN_INTEGER", "")))
            .transpose()
    };
    Ok(UploadForm {
        centre_id: integer("centre_id", text("centre_id"))?,
        patient_age: integer("patient_age", text("patient_age"))?.map(|age: i64| i32::try_from(age).unwrap_or(-1)),
        patient_name: Some(patient_name),
        patient_gender: text("patient_gender"),
        modality: Some(modality),
        study_type: text("study_type"),
        study_description: text("study_description"),
        is_urgent: boolean(text("is_urgent").as_deref().unwrap_or("false"))?,
    })
}

/// S2-23.
fn boolean(text: &str) -> Result<bool> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" => Ok(false),
        _ => Err(form::wrong("is_urgent", "NOT_A_BOOLEAN", "")),
    }
}
