//! Copies every image of a study into another transfer syntax; the originals stay.
//!
//! An image that cannot be transcoded is left out and named in the job's remark; when none can be, the job fails for good.

use super::output::Output;
use crate::engine::{JobCtx, JobError};
use domain::App;
use domain::context::Context;
use domain::jobs::TranscodeStudyV1;
use domain::rows::Instance;
use domain::studies::{self, NewTranscoding};
use imaging::transcode::{TargetSyntax, TranscodeError, Transcoded, transcode};
use std::ops::ControlFlow;

/// Images that are named singly in a remark.
const NAMED: usize = 5;
const CONTENT_TYPE: &str = "application/dicom";

pub async fn run(app: App, job: TranscodeStudyV1, ctx: JobCtx) -> Result<(), JobError> {
    let target = TargetSyntax::from_uid(&job.transfer_syntax).ok_or_else(|| {
        JobError::permanent(format!(
            "images cannot be transcoded to transfer syntax {}",
            job.transfer_syntax
        ))
    })?;
    let output = Output::open(&app).await?;
    let transcoded = transcode_study(&app, &job, target, &ctx, &output).await;
    output.close().await;
    transcoded
}

async fn transcode_study(
    app: &App,
    job: &TranscodeStudyV1,
    target: TargetSyntax,
    ctx: &JobCtx,
    output: &Output,
) -> Result<(), JobError> {
    let instances = to_transcode(app, job, target).await?;
    let total = instances.len();
    let (mut copies, mut failures) = (Vec::new(), Vec::new());
    for (done, instance) in instances.into_iter().enumerate() {
        ctx.progress(done as f64 / total as f64).await?;
        match transcode_instance(app, &instance, target, job.quality, ctx).await? {
            Ok(transcoded) => copies.push(stored(&instance, transcoded, output).await?),
            Err(error) => failures.push(format!("instance {}: {error}", instance.uuid)),
        }
    }
    let remark = remark(&failures, total);
    if total > 0 && copies.is_empty() {
        return Err(JobError::permanent(remark.unwrap_or_default()));
    }
    let files: Vec<_> = copies.iter().map(|copy| copy.file.clone()).collect();
    let done = ctx.completing().await?;
    output.batch.commit(&*done, &files).await?;
    for copy in copies {
        studies::transcoding_add(&*done, copy).await?;
    }
    if let Some(remark) = remark {
        done.remark(&remark).await?;
    }
    done.commit().await
}

/// Images that have no copy yet and are not in the target syntax themselves.
async fn to_transcode(app: &App, job: &TranscodeStudyV1, target: TargetSyntax) -> Result<Vec<Instance>, JobError> {
    let study = studies::study_get(app, &Context::system("worker"), job.study_id).await?;
    let copied = studies::transcodings_done(app, study.id, target.uid()).await?;
    let mut instances = Vec::new();
    for series in studies::series_all(app, study.id).await? {
        instances.extend(studies::instances_all(app, series.id).await?);
    }
    instances.retain(|instance| {
        instance.number_of_frames > 0 && instance.transfer_syntax_uid != target.uid() && !copied.contains(&instance.id)
    });
    Ok(instances)
}

async fn transcode_instance(
    app: &App,
    instance: &Instance,
    target: TargetSyntax,
    quality: Option<u8>,
    ctx: &JobCtx,
) -> Result<Result<Transcoded, TranscodeError>, JobError> {
    let bytes = app.storage.get(&instance.object_key).await?;
    let watched = ctx.clone();
    let work = move || {
        transcode(&bytes, target, quality, &mut |_, _| match watched.check() {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    };
    let transcoded = tokio::task::spawn_blocking(work).await?;
    ctx.check()?;
    Ok(transcoded)
}

async fn stored(instance: &Instance, transcoded: Transcoded, output: &Output) -> Result<NewTranscoding, JobError> {
    Ok(NewTranscoding {
        instance_id: instance.id,
        transfer_syntax_uid: transcoded.transfer_syntax.to_owned(),
        sop_instance_uid: transcoded.sop_instance_uid,
        file: output.put(transcoded.bytes, CONTENT_TYPE).await?,
        lossy_ratio: transcoded.lossy.map(|lossy| lossy.ratio),
    })
}

fn remark(failures: &[String], total: usize) -> Option<String> {
    if failures.is_empty() {
        return None;
    }
    let named = failures.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = if failures.len() > NAMED { "; ..." } else { "" };
    Some(format!(
        "{} of {total} images could not be transcoded: {named}{more}",
        failures.len()
    ))
}
