//! `render_study` outside the server: thumbnail and preview of the image that stands for each series.
//!
//! The task names that image and where its file is; the result says of each series how large its pictures are, or why there are
//! none. Pictures are outputs named `<series uuid>/<preview|thumbnail>.<jpeg|png>`.

mod result;

use super::kinds::{Checked, ExternalKind};
use super::outputs::Output;
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::jobs::{Job, JobKind, RenderStudyV1};
use crate::rows::Series;
use crate::studies::{self, RENDITION_FORMATS, RenditionKind};
use chrono::{DateTime, Utc};
use entity::job::Model;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// Series whose tasks are made at the same time.
const AHEAD: usize = 8;

pub struct RenderStudy;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    study: Uuid,
    series: Vec<SeriesTask>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SeriesTask {
    uuid: Uuid,
    /// Modality (0008,0060).
    modality: Option<String>,
    /// None: no instance has pixels; answer an error.
    image: Option<Image>,
    outputs: Vec<Wanted>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    instance: Uuid,
    /// From 0.
    frame: u32,
    /// The file's own linear window; none: whatever else the file says.
    window: Option<WindowTask>,
    transfer_syntax_uid: String,
    size_bytes: i64,
    sha256: String,
    url: String,
    url_expires_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct WindowTask {
    centre: f64,
    width: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    name: String,
    content_type: &'static str,
    /// Longest side in pixels.
    max_side: u32,
}

impl ExternalKind for RenderStudy {
    fn kind(&self) -> JobKind {
        JobKind::RenderStudy
    }

    fn queue(&self) -> &'static str {
        RenderStudyV1::QUEUE
    }

    fn timeout(&self) -> Duration {
        RenderStudyV1::TIMEOUT
    }

    fn task<'a>(&'a self, app: &'a App, job: &'a Model) -> BoxFuture<'a, Result<Value>> {
        async move {
            let (study, series) = of(app, job).await?;
            let series = stream::iter(series).map(|series| series_task(app, series)).buffered(AHEAD);
            let task = Task {
                study,
                series: series.try_collect().await?,
            };
            serde_json::to_value(task).map_err(Error::internal)
        }
        .boxed()
    }

    fn content_type<'a>(&'a self, app: &'a App, job: &'a Model, name: &'a str) -> BoxFuture<'a, Result<&'static str>> {
        async move {
            let (_, series) = of(app, job).await?;
            let known = series.iter().flat_map(|series| wanted(series.uuid)).find(|wanted| wanted.name == name);
            known.map(|wanted| wanted.content_type).ok_or_else(|| {
                Error::invalid(
                    "name",
                    "UNKNOWN_OUTPUT",
                    "name is one of the outputs in the task: <series uuid>/<preview|thumbnail>.<jpeg|png>",
                )
            })
        }
        .boxed()
    }

    fn check<'a>(
        &'a self,
        app: &'a App,
        job: &'a Model,
        result: Value,
        outputs: Vec<Output>,
    ) -> BoxFuture<'a, Result<Checked>> {
        result::check(app, job, result, outputs).boxed()
    }
}

/// The study and its series as they are now.
async fn of(app: &App, job: &Model) -> Result<(Uuid, Vec<Series>)> {
    let payload = RenderStudyV1::deserialize(&job.payload).map_err(Error::internal)?;
    let study = studies::study_get(app, &Context::system("worker"), payload.study_id).await?;
    Ok((study.uuid, studies::series_all(app, study.id).await?))
}

fn wanted(series: Uuid) -> impl Iterator<Item = Wanted> {
    RenditionKind::ALL.into_iter().flat_map(move |kind| {
        RENDITION_FORMATS.map(|(format, word)| Wanted {
            name: format!("{series}/{}.{word}", kind.as_str()),
            content_type: format.media_type(),
            max_side: kind.max_side(),
        })
    })
}

async fn series_task(app: &App, series: Series) -> Result<SeriesTask> {
    let instances = studies::instances_all(app, series.id).await?;
    let image = match studies::shown_image(instances) {
        None => None,
        Some(shown) => {
            let window = studies::shown_window(app, &shown).await?;
            let url = studies::file_url(app, &Context::system("worker"), shown.instance.uuid);
            Some(Image {
                instance: shown.instance.uuid,
                frame: shown.frame,
                window: window.map(|window| WindowTask {
                    centre: window.centre,
                    width: window.width,
                }),
                transfer_syntax_uid: shown.instance.transfer_syntax_uid,
                size_bytes: shown.instance.size_bytes,
                sha256: shown.instance.sha256,
                url: url.path,
                url_expires_at: url.expires_at,
            })
        }
    };
    Ok(SeriesTask {
        outputs: wanted(series.uuid).collect(),
        uuid: series.uuid,
        modality: series.modality,
        image,
    })
}
