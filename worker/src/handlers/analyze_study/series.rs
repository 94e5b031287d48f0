//! One series through the engine: headers first, then one frame at a time, so that memory is bounded by the engine's grid.

use super::{hash_of, models};
use crate::engine::{JobCtx, JobError};
use domain::App;
use domain::analyses::ENGINE;
use domain::rows::{Instance, Series};
use domain::studies::{self, frames};
use imaging::analysis::{
    Analysis, AnalysisError, Cancelled, ImageHeader, Labels, MAX_IMAGES, Options, Results, Stage, analyze as engine,
};
use imaging::dataset::DataSet;
use imaging::pixels::{PixelError, Samples};
use inference::Model;
use serde_json::{Value, json};
use std::sync::Arc;
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

/// What was said of a series, and what is needed to write it down.
pub struct Analysed {
    /// The engine's first, then those of the models that take the series.
    pub said: Vec<Said>,
    /// The header of each instance, and the instance and frame of each image.
    pub datasets: Vec<DataSet>,
    pub instances: Vec<Instance>,
    pub places: Vec<(usize, u32)>,
}

/// By whom, and what or why not.
pub struct Said {
    pub by: By,
    pub seen: Result<Seen, Unseen>,
}

/// Why one could not analyse a series.
#[derive(Debug, Clone)]
pub struct Unseen {
    pub why: String,
    /// Another attempt may succeed.
    pub passes: bool,
}

impl Unseen {
    pub fn for_good(why: impl ToString) -> Self {
        Self {
            why: why.to_string(),
            passes: false,
        }
    }
}

/// The engine, or a model.
#[derive(Debug, Clone)]
pub struct By {
    pub model: String,
    pub version: String,
    pub weights_hash: Option<String>,
}

impl By {
    pub fn is_engine(&self) -> bool {
        self.model == ENGINE
    }
}

pub struct Seen {
    pub results: Results,
    pub labels: Labels,
    pub montage: Vec<u8>,
    pub legend: Value,
}

impl Seen {
    pub fn of(analysis: Analysis) -> Result<Self, Unseen> {
        let montage = analysis.montage();
        let colour = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        let legend = montage.legend.iter().map(|entry| json!({ "label": entry.name, "colour": colour(entry.colour) }));
        Ok(Self {
            legend: legend.collect(),
            montage: montage.png().map_err(Unseen::for_good)?,
            results: analysis.results,
            labels: analysis.labels,
        })
    }
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

/// Runs the engine on a thread of its own, which reads frames from the store as it needs them and says how much is done; then the models.
pub async fn analyze(
    app: &App,
    ctx: &JobCtx,
    read: Read,
    models: Vec<Arc<dyn Model>>,
    done: watch::Sender<f32>,
) -> Result<Result<Analysed, AnalysisError>, JobError> {
    let (app, watched, runtime) = (app.clone(), ctx.clone(), Handle::current());
    let work = move || {
        let mut frame = |image: usize| -> Result<Samples, PixelError> {
            let (instance, frame) = read.places[image];
            let unreadable = |error: domain::Error| PixelError::Encode(error.to_string());
            runtime.block_on(frames::samples(&app, &read.instances[instance], frame)).map_err(unreadable)?
        };
        let parts = models.len() as f32 + 1.0;
        let progress = |before: f32| {
            let (done, watched) = (&done, &watched);
            move |stage: Stage, part: f32| {
                done.send_replace((before + of_one(stage, part)) / parts);
                watched.check().map_err(|_| Cancelled)
            }
        };
        let analysis = engine(&read.headers, &mut frame, &Options::default(), &progress(0.0))?;
        let mut said = Vec::new();
        for (number, model) in models.iter().enumerate() {
            said.push(models::ask(model.as_ref(), &analysis, &progress(number as f32 + 1.0))?);
        }
        said.insert(
            0,
            Said {
                by: models::engine(),
                seen: Seen::of(analysis),
            },
        );
        Ok(Analysed {
            said,
            datasets: read.datasets,
            instances: read.instances,
            places: read.places,
        })
    };
    Ok(tokio::task::spawn_blocking(work).await?)
}

/// What part of one analysis is done; reading takes about half of the engine's.
fn of_one(stage: Stage, part: f32) -> f32 {
    let (from, share) = match stage {
        Stage::Loading => (0.0, 0.5),
        Stage::Structures => (0.5, 0.25),
        Stage::Findings => (0.75, 0.2),
        Stage::Summary => (0.95, 0.05),
    };
    from + share * part
}
