//! `render_study` outside the server: thumbnail and preview of the image that stands for each series.
//!
//! The task names that image and where its file is; the result says of each series how large its pictures are, or why there are
//! none. Pictures are outputs named `<series uuid>/<preview|thumbnail>.<jpeg|png>`.

use super::kinds::{Checked, ExternalKind, Write};
use super::outputs::Output;
use crate::App;
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, FieldError, Result};
use crate::jobs::{Job, JobKind, RenderStudyV1, store};
use crate::rows::Series;
use crate::storage::StoredFile;
use crate::studies::{self, Drawn, RENDITION_FORMATS, RenditionKind};
use chrono::{DateTime, Utc};
use entity::job::Model;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use imaging::render::{Format, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// Objects that are read at the same time for one request.
const AHEAD: usize = 8;
/// Things that are told to be wrong at once.
const TOLD: usize = 20;
const ERROR_CHARACTERS: usize = 500;

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

#[derive(Deserialize)]
struct RenderResult {
    series: Vec<SeriesResult>,
}

#[derive(Deserialize)]
struct SeriesResult {
    uuid: Uuid,
    #[serde(default)]
    outputs: Vec<Picture>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Picture {
    name: String,
    width: u32,
    height: u32,
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
        check(app, job, result, outputs).boxed()
    }
}

/// The study and its series as they are now.
async fn of(app: &App, job: &Model) -> Result<(Uuid, Vec<Series>)> {
    let payload = RenderStudyV1::deserialize(&job.payload).map_err(Error::internal)?;
    let study = studies::study_get(app, &Context::system("worker"), payload.study_id).await?;
    Ok((study.uuid, studies::series_by_study(app, &[study.id]).await?))
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
            let url = studies::file_url(app, shown.instance.uuid);
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

async fn check(app: &App, job: &Model, result: Value, outputs: Vec<Output>) -> Result<Checked> {
    let result = RenderResult::deserialize(result)
        .map_err(|error| Error::invalid("result", "INVALID_RESULT", format!("result cannot be read: {error}")))?;
    let (_, series) = of(app, job).await?;
    let mut said: HashMap<Uuid, SeriesResult> = HashMap::new();
    let mut wrong = Vec::new();
    for one in result.series {
        let uuid = one.uuid;
        if !series.iter().any(|series| series.uuid == uuid) {
            wrong.push(fault("UNKNOWN_SERIES", format!("the study has no series {uuid}")));
        } else if said.insert(uuid, one).is_some() {
            wrong.push(fault("INVALID_RESULT", format!("series {uuid} is there twice")));
        }
    }
    let missing: Vec<_> = series.iter().filter(|series| !said.contains_key(&series.uuid)).collect();
    // Series that came after the claim are drawn by the run that their upload asked for.
    if !missing.is_empty() && !asked_again(app, job).await? {
        wrong.extend(
            missing
                .iter()
                .map(|series| fault("MISSING_SERIES", format!("nothing is said of series {}", series.uuid))),
        );
    }
    let outputs: HashMap<String, Output> = outputs.into_iter().map(|output| (output.name.clone(), output)).collect();
    let mut drawn = Vec::new();
    for series in series {
        let Some(one) = said.remove(&series.uuid) else { continue };
        if wrong.len() < TOLD {
            drawn.push((
                series.id,
                series_drawn(app, series.uuid, one, &outputs, &mut wrong).await?,
            ));
        }
    }
    if !wrong.is_empty() {
        wrong.truncate(TOLD);
        return Err(Error::Invalid(wrong));
    }
    let files = drawn.iter().flat_map(|(_, pictures)| pictures).filter_map(file_of).collect();
    let write: Write = Box::new(move |tx| replace(tx, drawn).boxed());
    Ok(Checked { files, write })
}

async fn replace(tx: &Transaction, drawn: Vec<(i64, Vec<Drawn>)>) -> Result<()> {
    for (series_id, pictures) in drawn {
        studies::renditions_replace(tx, series_id, pictures).await?;
    }
    Ok(())
}

fn file_of(drawn: &Drawn) -> Option<StoredFile> {
    drawn.picture.as_ref().ok().map(|(file, _, _)| file.clone())
}

fn fault(code: &'static str, message: String) -> FieldError {
    FieldError {
        field: "result",
        code,
        message,
    }
}

async fn asked_again(app: &App, job: &Model) -> Result<bool> {
    Ok(store::find(app.db.reader(), job.id).await?.is_some_and(|job| job.rerun))
}

/// The pictures of one series, each of which must be there and be what it is said to be.
async fn series_drawn(
    app: &App,
    series: Uuid,
    said: SeriesResult,
    outputs: &HashMap<String, Output>,
    wrong: &mut Vec<FieldError>,
) -> Result<Vec<Drawn>> {
    if let Some(error) = said.error.as_deref().map(str::trim).filter(|error| !error.is_empty()) {
        let error: String = error.chars().filter(|c| !c.is_control()).take(ERROR_CHARACTERS).collect();
        return Ok(Drawn::none(&error));
    }
    let mut pictures: HashMap<String, Picture> =
        said.outputs.into_iter().map(|picture| (picture.name.clone(), picture)).collect();
    let mut drawn = Vec::new();
    for kind in RenditionKind::ALL {
        for (format, word) in RENDITION_FORMATS {
            let name = format!("{series}/{}.{word}", kind.as_str());
            let (Some(said), Some(output)) = (pictures.remove(&name), outputs.get(&name)) else {
                wrong.push(fault(
                    "MISSING_OUTPUT",
                    format!("{name} was not uploaded, or the result has no size of it"),
                ));
                continue;
            };
            match looked_at(app, kind, format, &said, output).await? {
                Ok(file) => drawn.push(Drawn {
                    kind,
                    format: word,
                    picture: Ok((file, said.width, said.height)),
                }),
                Err(why) => wrong.push(fault("WRONG_OUTPUT", format!("{name} {why}"))),
            }
        }
    }
    wrong.extend(
        pictures
            .into_keys()
            .take(TOLD)
            .map(|name| fault("UNKNOWN_OUTPUT", format!("{name:?} is no output of this series"))),
    );
    Ok(drawn)
}

/// The file, or what is wrong with it; only its first bytes are read.
async fn looked_at(
    app: &App,
    kind: RenditionKind,
    format: Format,
    said: &Picture,
    output: &Output,
) -> Result<Result<StoredFile, String>> {
    let side = kind.max_side();
    if said.width > side || said.height > side {
        return Ok(Err(format!("has at most {side} pixels a side")));
    }
    let head = match output.size_bytes {
        0 => return Ok(Err("is empty".into())),
        size => app.storage.get_range(&output.key, 0..size.min(header::ENOUGH)).await?,
    };
    Ok(match header::size(format, &head) {
        None => Err(format!("is not {}", format.media_type())),
        Some((width, height)) if (width, height) != (said.width, said.height) => Err(format!(
            "has {width} x {height} pixels, not {} x {}",
            said.width, said.height
        )),
        Some(_) => Ok(StoredFile {
            key: output.key.clone(),
            size_bytes: output.size_bytes,
            sha256: output.sha256.clone(),
            content_type: format.media_type(),
        }),
    })
}
