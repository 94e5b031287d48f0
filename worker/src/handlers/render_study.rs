//! Draws thumbnail and preview of every series of a study, as JPEG and PNG.
//!
//! A series whose pixels cannot be shown gets rows that say why; that is no failure of the job.

use super::output::Output;
use crate::engine::{JobCtx, JobError};
use domain::App;
use domain::context::Context;
use domain::jobs::RenderStudyV1;
use domain::storage::StoredFile;
use domain::studies::{self, Drawn, RENDITION_FORMATS, RenditionKind, ShownImage, frames};
use imaging::render::{Format, Picture, RenderOptions, encode, resize};

const JPEG_QUALITY: u8 = 85;

pub async fn run(app: App, job: RenderStudyV1, ctx: JobCtx) -> Result<(), JobError> {
    let output = Output::open(&app).await?;
    let rendered = render(&app, &job, &ctx, &output).await;
    output.close().await;
    rendered
}

async fn render(app: &App, job: &RenderStudyV1, ctx: &JobCtx, output: &Output) -> Result<(), JobError> {
    let study = studies::study_get(app, &Context::system("worker"), job.study_id).await?;
    let series = studies::series_all(app, study.id).await?;
    let total = series.len();
    let (mut drawn, mut files) = (Vec::new(), Vec::new());
    for (done, series) in series.into_iter().enumerate() {
        ctx.progress(done as f64 / total as f64).await?;
        let pictures = draw_series(app, ctx, series.id, output).await?;
        files.extend(pictures.iter().filter_map(file_of));
        drawn.push((series.id, pictures));
    }
    let done = ctx.completing().await?;
    output.batch.commit(&*done, &files).await?;
    for (series_id, pictures) in drawn {
        studies::renditions_replace(&*done, series_id, pictures).await?;
    }
    done.commit().await
}

fn file_of(drawn: &Drawn) -> Option<StoredFile> {
    drawn.picture.as_ref().ok().map(|(file, _, _)| file.clone())
}

async fn draw_series(app: &App, ctx: &JobCtx, series_id: i64, output: &Output) -> Result<Vec<Drawn>, JobError> {
    let instances = studies::instances_all(app, series_id).await?;
    let Some(ShownImage { instance, frame }) = studies::shown_image(instances) else {
        return Ok(Drawn::none("the series has no image"));
    };
    let side = RenditionKind::Preview.max_side();
    let options = RenderOptions {
        max_size: Some((side, side)),
        ..RenderOptions::default()
    };
    let preview = match frames::draw(app, &instance, frame, options).await? {
        Ok(picture) => picture,
        Err(error) => return Ok(Drawn::none(&error.to_string())),
    };
    ctx.check()?;
    let encoded = tokio::task::spawn_blocking(move || encoded(&preview)).await??;
    let mut drawn = Vec::with_capacity(encoded.len());
    for (kind, format, name, bytes, width, height) in encoded {
        let file = output.put(bytes, format.media_type()).await?;
        drawn.push(Drawn {
            kind,
            format: name,
            picture: Ok((file, width, height)),
        });
    }
    Ok(drawn)
}

type Encoded = (RenditionKind, Format, &'static str, Vec<u8>, u32, u32);

fn encoded(preview: &Picture) -> Result<Vec<Encoded>, JobError> {
    let thumbnail = shrunk(preview, RenditionKind::Thumbnail.max_side());
    let mut encoded = Vec::with_capacity(4);
    for (kind, picture) in [
        (RenditionKind::Thumbnail, &thumbnail),
        (RenditionKind::Preview, preview),
    ] {
        for (format, name) in RENDITION_FORMATS {
            let bytes = encode(picture, format, JPEG_QUALITY).map_err(anyhow::Error::from)?;
            encoded.push((kind, format, name, bytes, picture.width, picture.height));
        }
    }
    Ok(encoded)
}

/// Pixels of a preview are square already.
fn shrunk(picture: &Picture, side: u32) -> Picture {
    let longest = picture.width.max(picture.height);
    if longest <= side {
        return picture.clone();
    }
    let scaled = |pixels: u32| ((u64::from(pixels) * u64::from(side)) / u64::from(longest)).max(1);
    let pixels = |length: u32| u32::try_from(scaled(length)).unwrap_or(side);
    resize::resize(picture, pixels(picture.width), pixels(picture.height))
}
