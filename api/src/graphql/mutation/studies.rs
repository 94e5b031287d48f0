//! Studies: upload, render, transcode.

use super::jobs::{JobPayload, payload};
use crate::graphql::errors::{UserError, outcome};
use crate::graphql::gate::Receipt;
use crate::graphql::ids;
use crate::graphql::transport::Upload;
use crate::graphql::types::{Modality, Study, TransferSyntax, Urgency, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::uploads::{self, UploadForm};
use domain::{Error, analyses, studies};

#[derive(Default)]
pub struct StudyMutation;

/// Files of one or more studies, and what is known of them besides.
#[derive(InputObject)]
pub struct StudyUploadInput {
    /// DICOM files and ZIP archives of them, by the multipart request specification.
    #[graphql(validator(min_items = 1))]
    files: Vec<Upload>,
    /// For administrators; others upload for their own centre.
    centre: Option<ID>,
    /// Left out: the files' own.
    patient_name: Option<String>,
    /// Whole years. Left out: the files' own.
    patient_age: Option<i32>,
    /// Left out: the files' own.
    patient_gender: Option<String>,
    /// Left out: the files' own.
    modality: Option<Modality>,
    /// What was examined.
    study_type: Option<String>,
    /// Left out: the files' own.
    study_description: Option<String>,
    /// Read it before the others: the same as the urgency `URGENT`.
    #[graphql(default)]
    is_urgent: bool,
    /// How soon it is to be reported. Left out: by `isUrgent`, and by the files' Requested Procedure Priority where that is higher.
    urgency: Option<Urgency>,
}

/// A file that was not taken.
#[derive(SimpleObject)]
pub struct SkippedFile {
    /// The name as it was sent; within an archive `archive.zip/name`.
    name: String,
    /// Why.
    reason: String,
}

/// The studies that the files belong to, or what to mend.
#[derive(Default, SimpleObject)]
pub struct StudyUploadPayload {
    /// The study with most of the files first.
    studies: Vec<Study>,
    /// Files that were not taken because they are not DICOM, or are damaged.
    skipped: Vec<SkippedFile>,
    /// Number of files that were there already, byte for byte.
    duplicates: usize,
    /// What to mend. Nothing is stored then.
    user_errors: Vec<UserError>,
}

/// Which study.
#[derive(InputObject)]
pub struct StudyAnalyzeInput {
    /// Its id, or its 8-character id.
    id: ID,
}

/// Which study.
#[derive(InputObject)]
pub struct StudyRenderInput {
    /// Id of the study, or its 8-character id.
    id: ID,
}

/// Which study, into what.
#[derive(InputObject)]
pub struct StudyTranscodeInput {
    /// Id of the study, or its 8-character id.
    id: ID,
    /// The transfer syntax of the copies.
    transfer_syntax: TransferSyntax,
    /// 1 to 100, for lossy ones.
    quality: Option<u8>,
}

#[Object]
impl StudyMutation {
    /// Uploads studies: all files appear together, or none. Files of a known study join it.
    async fn study_upload(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Files of one or more studies, and what is known of them besides.")] input: StudyUploadInput,
    ) -> Result<StudyUploadPayload> {
        let uploaded = async {
            let receipt = ctx
                .data::<Receipt>()
                .map_err(|_| Error::invalid("files", "NO_FILES", "Files are sent as multipart/form-data"))?;
            let ingest = receipt.take(&input.files)?;
            let form = UploadForm {
                centre_id: input.centre.as_ref().map(ids::centre).transpose()?,
                patient_name: input.patient_name,
                patient_age: input.patient_age,
                patient_gender: input.patient_gender,
                modality: input.modality.map(Into::into),
                study_type: input.study_type,
                study_description: input.study_description,
                is_urgent: input.is_urgent,
                urgency: input.urgency.map(Into::into),
            };
            uploads::study_upload(app(ctx)?, acting(ctx)?, ingest, form).await
        };
        let (uploaded, user_errors) = outcome(uploaded.await)?;
        let Some(uploaded) = uploaded else {
            return Ok(StudyUploadPayload {
                user_errors,
                ..Default::default()
            });
        };
        let skipped = uploaded.skipped.into_iter().map(|file| SkippedFile {
            name: file.name,
            reason: file.reason,
        });
        Ok(StudyUploadPayload {
            studies: uploaded.studies.into_iter().map(Study).collect(),
            skipped: skipped.collect(),
            duplicates: uploaded.duplicates,
            user_errors,
        })
    }

    /// Draws thumbnails and previews anew.
    async fn study_render(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study.")] input: StudyRenderInput,
    ) -> Result<JobPayload> {
        let job = async { studies::study_render(app(ctx)?, acting(ctx)?, &ids::study(&input.id)?).await };
        payload(job.await)
    }

    /// Lets software look for findings in the background: a preliminary report, pictures of segmentations and DICOM objects. An aid, unverified.
    async fn study_analyze(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study.")] input: StudyAnalyzeInput,
    ) -> Result<JobPayload> {
        let job = async { Ok(analyses::analysis_ask(app(ctx)?, acting(ctx)?, &ids::study(&input.id)?).await?.1) };
        payload(job.await)
    }

    /// Makes a copy of every instance in another transfer syntax; the originals stay.
    async fn study_transcode(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study, into what.")] input: StudyTranscodeInput,
    ) -> Result<JobPayload> {
        let target = input.transfer_syntax.into();
        let job = async {
            studies::study_transcode(app(ctx)?, acting(ctx)?, &ids::study(&input.id)?, target, input.quality).await
        };
        payload(job.await)
    }
}
