//! Collects the DICOM JSON of a series' instances into one object: a JSON array (PS3.18 annex F), gzip-compressed.

use super::output::Output;
use crate::engine::{JobCtx, JobError};
use bytes::Bytes;
use domain::App;
use domain::jobs::IndexSeriesV1;
use domain::rows::{Instance, Series, Study};
use domain::storage::{Batch, StoredFile};
use domain::studies;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{StreamExt, TryStreamExt};
use imaging::file::DicomFile;
use imaging::guard::Limits;
use imaging::json::Json;
use std::io::Write;

/// Headers that are fetched ahead.
const AHEAD: usize = 2;
/// Compressed bytes that are kept until they are written.
const CHUNK: usize = 256 << 10;
/// Longer binary values are left to be fetched by themselves.
const INLINE_LIMIT: usize = 1024;
const CONTENT_TYPE: &str = "application/dicom+json";

pub async fn run(app: App, job: IndexSeriesV1, ctx: JobCtx) -> Result<(), JobError> {
    let (series, study) = studies::series_to_index(&app, job.series_id).await?;
    let output = Output::open(&app).await?;
    let indexed = index(&app, &ctx, &series, &study, &output).await;
    output.close().await;
    indexed
}

async fn index(app: &App, ctx: &JobCtx, series: &Series, study: &Study, output: &Output) -> Result<(), JobError> {
    let file = collect(app, ctx, series, study, output).await?;
    let done = ctx.completing().await?;
    output.batch.commit(&*done, std::slice::from_ref(&file)).await?;
    studies::series_indexed(&*done, series, study, &file).await?;
    done.commit().await
}

async fn collect(
    app: &App,
    ctx: &JobCtx,
    series: &Series,
    study: &Study,
    output: &Output,
) -> Result<StoredFile, JobError> {
    let instances = studies::instances_all(app, series.id).await?;
    let total = instances.len();
    let (key, mut object) = output.batch.writer();
    let mut json = GzEncoder::new(Vec::new(), Compression::default());
    json.write_all(b"[").map_err(anyhow::Error::from)?;
    let mut headers = futures::stream::iter(instances)
        .map(|instance| async move { header(app, &instance).await.map(|bytes| (instance, bytes)) })
        .buffered(AHEAD);
    let mut done = 0;
    while let Some((instance, bytes)) = headers.try_next().await? {
        ctx.check()?;
        let prefix = bulk_prefix(study, series, &instance);
        json = tokio::task::spawn_blocking(move || append(json, done > 0, &instance, &bytes, &prefix)).await??;
        if json.get_ref().len() >= CHUNK {
            object.write(Bytes::from(std::mem::take(json.get_mut()))).await?;
        }
        done += 1;
        output.alive().await?;
        ctx.progress(done as f64 / total as f64).await?;
    }
    json.write_all(b"]").map_err(anyhow::Error::from)?;
    object.write(Bytes::from(json.finish().map_err(anyhow::Error::from)?)).await?;
    Ok(Batch::finished(key, object.finish().await?, CONTENT_TYPE))
}

/// The bytes before the pixel data; of a deflated file all that is stored.
async fn header(app: &App, instance: &Instance) -> Result<Bytes, JobError> {
    match instance.deflated {
        true => Ok(app.storage.get(&instance.object_key).await?),
        false => {
            let end = u64::try_from(instance.header_end).unwrap_or(0);
            Ok(app.storage.get_range(&instance.object_key, 0..end).await?)
        }
    }
}

/// Where values that are not in the JSON can be had (PS3.18 section 10.4.1.1.5).
fn bulk_prefix(study: &Study, series: &Series, instance: &Instance) -> String {
    format!(
        "/dicom-web/studies/{}/series/{}/instances/{}/bulkdata",
        study.study_instance_uid, series.series_instance_uid, instance.sop_instance_uid
    )
}

fn append(
    mut json: GzEncoder<Vec<u8>>,
    follows: bool,
    instance: &Instance,
    bytes: &[u8],
    bulk_prefix: &str,
) -> Result<GzEncoder<Vec<u8>>, JobError> {
    let limits = Limits::default();
    let file = match instance.deflated {
        true => DicomFile::read(bytes, &limits),
        false => DicomFile::read_header(bytes, &limits),
    };
    // The upload has read it: what is stored is damaged.
    let file =
        file.map_err(|refusal| JobError::permanent(format!("instance {} cannot be read: {refusal}", instance.uuid)))?;
    let form = Json {
        bulk_prefix,
        inline_limit: INLINE_LIMIT,
    };
    if follows {
        json.write_all(b",").map_err(anyhow::Error::from)?;
    }
    form.write(&file.dataset, &mut json).map_err(anyhow::Error::from)?;
    Ok(json)
}
