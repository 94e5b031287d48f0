//! One series through the engine: headers first, then one frame at a time, so that memory is bounded by the engine's grid.

use super::hash_of;
use crate::engine::{JobCtx, JobError};
use domain::App;
use domain::rows::{Instance, Series};
use domain::studies::{self, frames};
use imaging::analysis::{
    AnalysisError, Cancelled, ImageHeader, Labels, MAX_IMAGES, Options, Results, Stage, analyze as engine,
};
use imaging::dataset::DataSet;
use imaging::pixels::{PixelError, Samples};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::watch;

pub struct Read {
    pub input_hash: String,
    /// Frame n of the engine is this frame of this instance.
    places: Vec<(usize, u32)>,
    instances: Vec<Instance>,
    datasets: Vec<DataSet>,
    headers: Vec<ImageHeader>,
}

/// What the engine said, and what is needed to write it down.
pub struct Analysed {
    pub results: Results,
    pub labels: Labels,
    pub montage: Vec<u8>,
    pub legend: Value,
    /// The header of each instance, and the instance and frame of each image.
    pub datasets: Vec<DataSet>,
    pub instances: Vec<Instance>,
    pub places: Vec<(usize, u32)>,
}

/// The headers of a series; instances whose pixels cannot be read are left out, and the engine tells of the gap.
pub async fn read(app: &App, ctx: &JobCtx, series: &Series) -> Result<Read, JobError> {
    let all = studies::instances_all(app, series.id).await?;
    let input_hash = hash_of(all.iter().map(|instance| instance.sha256.as_str()));
    let mut read = Read {
        input_hash,
        places: Vec::new(),
        instances: Vec::new(),
        datasets: Vec::new(),
        headers: Vec::new(),
    };
    for instance in all.into_iter().filter(|instance| instance.number_of_frames > 0) {
        ctx.check()?;
        let Ok((dataset, description)) = frames::header(app, &instance).await? else {
            continue;
        };
        for frame in 0..u32::try_from(instance.number_of_frames).unwrap_or(0) {
            if read.headers.len() <= MAX_IMAGES {
                read.headers.push(ImageHeader::of_frame(&dataset, &description, frame));
                read.places.push((read.instances.len(), frame));
            }
        }
        read.datasets.push(dataset);
        read.instances.push(instance);
    }
    Ok(read)
}

/// Runs the engine on a thread of its own, which reads frames from the store as it needs them and says how much is done.
pub async fn analyze(
    app: &App,
    ctx: &JobCtx,
    read: Read,
    done: watch::Sender<f32>,
) -> Result<Result<Analysed, AnalysisError>, JobError> {
    let (app, watched, runtime) = (app.clone(), ctx.clone(), Handle::current());
    let work = move || {
        let mut frame = |image: usize| -> Result<Samples, PixelError> {
            let (instance, frame) = read.places[image];
            let unreadable = |error: domain::Error| PixelError::Encode(error.to_string());
            runtime.block_on(frames::samples(&app, &read.instances[instance], frame)).map_err(unreadable)?
        };
        let progress = |stage: Stage, part: f32| {
            done.send_replace(of_all(stage, part));
            watched.check().map_err(|_| Cancelled)
        };
        let analysis = engine(&read.headers, &mut frame, &Options::default(), &progress)?;
        let montage = analysis.montage();
        let colour = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        let legend = montage.legend.iter().map(|entry| json!({ "label": entry.name, "colour": colour(entry.colour) }));
        Ok(Analysed {
            legend: legend.collect(),
            montage: montage.png().map_err(|error| AnalysisError::Pixels { image: 0, error })?,
            results: analysis.results,
            labels: analysis.labels,
            datasets: read.datasets,
            instances: read.instances,
            places: read.places,
        })
    };
    Ok(tokio::task::spawn_blocking(work).await?)
}

/// What part of an analysis is done; reading takes about half of it.
fn of_all(stage: Stage, part: f32) -> f32 {
    let (from, share) = match stage {
        Stage::Loading => (0.0, 0.5),
        Stage::Structures => (0.5, 0.25),
        Stage::Findings => (0.75, 0.2),
        Stage::Summary => (0.95, 0.05),
    };
    from + share * part
}
