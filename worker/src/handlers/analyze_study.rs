//! Analyses every series of a study that the engine can read, by the engine and by the models that take it: a preliminary report, pictures of the
//! segmentations, and DICOM objects.
//!
//! A series that cannot be analysed gets a row that says why; that is no failure of the job.

mod models;
mod objects;
mod series;

use super::output::Output;
use crate::engine::{JobCtx, JobError};
use domain::App;
use domain::analyses::{self, NewAnalysis};
use domain::context::Context;
use domain::jobs::{AnalyzeStudyV1, Job};
use domain::rows::{Series, Study};
use domain::studies;
use imaging::analysis::{AnalysisError, Kind, ReportText};
use inference::Model;
use series::{Analysed, By, Unseen};
use sha2::{Digest, Sha256};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Bytes of a text, well within what a report may have.
const LONGEST: usize = 60_000;
/// A stage may say nothing for longer than the sweeper waits.
const QUIET: Duration = Duration::from_secs(10);

pub async fn run(app: App, job: AnalyzeStudyV1, ctx: JobCtx) -> Result<(), JobError> {
    let output = Output::open(&app).await?;
    let analysed = analyze(&app, &job, &ctx, &output).await;
    output.close().await;
    analysed
}

async fn analyze(app: &App, job: &AnalyzeStudyV1, ctx: &JobCtx, output: &Output) -> Result<(), JobError> {
    let system = Context::system("analyze_study");
    let study = studies::study_get(app, &system, job.study_id).await?;
    let of_images = |series: &Series| Kind::of(series.modality.as_deref().unwrap_or_default()).is_ok();
    let all = studies::series_all(app, study.id).await?;
    let wanted: Vec<Series> = all.into_iter().filter(of_images).collect();
    // Once for all series: a model keeps what it has read of its weights.
    let models = models::open(app).await?;
    let (mut new, mut texts, mut files) = (Vec::new(), Vec::new(), Vec::new());
    for (number, series) in wanted.iter().enumerate() {
        let place = Place {
            from: number as f64 / wanted.len() as f64,
            share: 1.0 / wanted.len() as f64,
        };
        let asked = models::for_series(&models, series);
        for (analysis, text) in one_series(app, ctx, output, place, asked, &study, series).await? {
            texts.push(text);
            files.extend(analysis.overlay.iter().map(|(file, _)| file.clone()));
            new.push(analysis);
        }
    }
    let done = ctx.completing().await?;
    output.batch.commit(&*done, &files).await?;
    let analysed = new.iter().any(|analysis| analysis.results.is_ok());
    analyses::analyses_replace(app, &done, study.id, new, analysed.then(|| together(&texts))).await?;
    done.commit().await
}

/// Which part of the job a series is.
struct Place {
    from: f64,
    share: f64,
}

async fn one_series(
    app: &App,
    ctx: &JobCtx,
    output: &Output,
    place: Place,
    models: Vec<Arc<dyn Model>>,
    study: &Study,
    series: &Series,
) -> Result<Vec<(NewAnalysis, ReportText)>, JobError> {
    let read = series::read(app, ctx, series).await?;
    let input_hash = read.input_hash.clone();
    let analysed = match watched(app, ctx, output, place, read, models).await? {
        Ok(analysed) => analysed,
        Err(AnalysisError::Cancelled) => {
            ctx.check()?;
            return Err(JobError::permanent("the analysis was cancelled"));
        }
        Err(error) => {
            let failed = Unseen::for_good(error);
            return Ok(vec![unseen(series, input_hash, models::engine(), failed.why)]);
        }
    };
    // A server of models that is away is waited for; the last attempt keeps what the others said.
    let passes = analysed.said.iter().find_map(|said| said.seen.as_ref().err().filter(|unseen| unseen.passes));
    if let Some(unseen) = passes
        && ctx.job().failures + 1 < AnalyzeStudyV1::MAX_ATTEMPTS
    {
        return Err(anyhow::Error::msg(unseen.why.clone()).into());
    }
    let mut kept = Vec::new();
    for said in &analysed.said {
        kept.push(match &said.seen {
            Ok(seen) => {
                let of = objects::Of {
                    study,
                    series,
                    input_hash: &input_hash,
                    by: &said.by,
                    seen,
                };
                keep(app, output, &of, &analysed).await?
            }
            Err(failed) => unseen(series, input_hash.clone(), said.by.clone(), failed.why.clone()),
        });
    }
    Ok(kept)
}

/// Stores the picture and the objects of one analysis.
async fn keep(
    app: &App,
    output: &Output,
    of: &objects::Of<'_>,
    analysed: &Analysed,
) -> Result<(NewAnalysis, ReportText), JobError> {
    let seen = of.seen;
    let made = objects::make(of, analysed)?;
    // Before the results name them: what a run stored that ended here, the next stores again, byte for byte.
    analyses::derived_add(app, of.study, made.files).await?;
    let picture = output.put(seen.montage.clone(), "image/png").await?;
    let analysis = NewAnalysis {
        overlay: Some((picture, seen.legend.clone())),
        segmentation_uid: made.segmentation_uid,
        report_uid: made.report_uid,
        ..row(
            of.series,
            of.input_hash.to_owned(),
            of.by.clone(),
            Ok(serde_json::to_value(&seen.results).map_err(anyhow::Error::from)?),
        )
    };
    let said = seen.results.report();
    Ok((analysis, of_series(of.series, of.by, &said.findings, &said.impression)))
}

/// Why one could not analyse the series.
fn unseen(series: &Series, input_hash: String, by: By, error: String) -> (NewAnalysis, ReportText) {
    let text = of_series(series, &by, &format!("Not analysed: {error}."), "not analysed");
    (row(series, input_hash, by, Err(error)), text)
}

fn row(series: &Series, input_hash: String, by: By, results: Result<serde_json::Value, String>) -> NewAnalysis {
    NewAnalysis {
        series_id: series.id,
        model: by.model,
        model_version: by.version,
        weights_hash: by.weights_hash,
        input_hash,
        results,
        overlay: None,
        segmentation_uid: None,
        report_uid: None,
    }
}

/// The analysis of one series, while progress is told and what was written before is kept from the sweeper.
async fn watched(
    app: &App,
    ctx: &JobCtx,
    output: &Output,
    place: Place,
    read: series::Read,
    models: Vec<Arc<dyn Model>>,
) -> Result<Result<Analysed, AnalysisError>, JobError> {
    let (done, mut seen) = watch::channel(0.0);
    let mut work = pin!(series::analyze(app, ctx, read, models, done));
    loop {
        tokio::select! {
            analysed = &mut work => return analysed,
            Ok(()) = seen.changed() => {
                let part = f64::from(*seen.borrow_and_update());
                ctx.progress(place.from + place.share * part).await?;
            }
            () = tokio::time::sleep(QUIET) => {}
        }
        output.alive().await?;
    }
}

fn of_series(series: &Series, by: &By, findings: &str, impression: &str) -> ReportText {
    let mut name = match series.series_number {
        Some(number) => format!("Series {number}"),
        None => "Series".to_owned(),
    };
    if !by.is_engine() {
        name = format!("{name}, model {} {}", by.model, by.version);
    }
    ReportText {
        findings: format!("{name}\n{findings}"),
        impression: format!("{name}: {impression}"),
    }
}

/// The texts of all series as one, as far as a report holds.
fn together(texts: &[ReportText]) -> ReportText {
    let joined = |part: fn(&ReportText) -> &str| {
        let mut joined = String::new();
        for (number, text) in texts.iter().map(part).enumerate() {
            if joined.len() + text.len() > LONGEST {
                let rest = texts.len() - number;
                return format!("{joined}{rest} more series were analysed; see the analyses of the study.");
            }
            joined = joined + text + "\n\n";
        }
        joined.trim_end().to_owned()
    };
    ReportText {
        findings: joined(|text| &text.findings),
        impression: joined(|text| &text.impression),
    }
}

fn hash_of<'a>(hashes: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for one in hashes {
        hash.update(one.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
