//! What a worker outside says of its pictures, and whether it is so.

use super::of;
use crate::App;
use crate::db::Transaction;
use crate::error::{Error, FieldError, Result};
use crate::jobs::external::kinds::{Checked, Write};
use crate::jobs::external::outputs::Output;
use crate::jobs::store;
use crate::storage::StoredFile;
use crate::studies::{self, Drawn, RENDITION_FORMATS, RenditionKind};
use entity::job::Model;
use futures::FutureExt;
use imaging::render::{Format, header};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Things that are told to be wrong at once.
const TOLD: usize = 20;
const ERROR_CHARACTERS: usize = 500;

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

/// Every series must be there, with every picture or a reason, and every picture must be what it is said to be.
pub async fn check(app: &App, job: &Model, result: Value, outputs: Vec<Output>) -> Result<Checked> {
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
