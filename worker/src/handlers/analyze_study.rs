//! Analyses every series of a study that the engine can read: a preliminary report, a picture of the segmentation, and DICOM objects.
//!
//! A series that cannot be analysed gets a row that says why; that is no failure of the job.

mod objects;
mod series;

use super::output::Output;
use crate::engine::{JobCtx, JobError};
use domain::App;
use domain::analyses::{self, NewAnalysis};
use domain::context::Context;
use domain::jobs::AnalyzeStudyV1;
use domain::rows::{Series, Study};
use domain::studies;
use imaging::analysis::{AnalysisError, Kind, ReportText};
use series::Analysed;
use sha2::{Digest, Sha256};
use std::pin::pin;
use std::time::Duration;
use tokio::sync::watch;

const MODEL: &str = "gantry";
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
    let (mut new, mut texts, mut files) = (Vec::new(), Vec::new(), Vec::new());
    for (number, series) in wanted.iter().enumerate() {
        let place = Place {
            from: number as f64 / wanted.len() as f64,
            share: 1.0 / wanted.len() as f64,
        };
        let (analysis, text) = one_series(app, ctx, output, place, &study, series).await?;
        texts.push(text);
        files.extend(analysis.overlay.iter().map(|(file, _)| file.clone()));
        new.push(analysis);
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
    study: &Study,
    series: &Series,
) -> Result<(NewAnalysis, ReportText), JobError> {
    let mut analysis = NewAnalysis {
        series_id: series.id,
        model: MODEL.into(),
        model_version: VERSION.into(),
        weights_hash: None,
        input_hash: String::new(),
        results: Err(String::new()),
        overlay: None,
        segmentation_uid: None,
        report_uid: None,
    };
    let read = series::read(app, ctx, series).await?;
    analysis.input_hash = read.input_hash.clone();
    let analysed = match watched(app, ctx, output, place, read).await? {
        Ok(analysed) => analysed,
        Err(AnalysisError::Cancelled) => {
            ctx.check()?;
            return Err(JobError::permanent("the analysis was cancelled"));
        }
        Err(error) => {
            let text = of_series(series, &format!("Not analysed: {error}."), "not analysed");
            analysis.results = Err(error.to_string());
            return Ok((analysis, text));
        }
    };
    let made = objects::make(study, series, &analysis.input_hash, &analysed)?;
    // Before the results name them: what a run stored that ended here, the next stores again, byte for byte.
    analyses::derived_add(app, study, made.files).await?;
    analysis.segmentation_uid = made.segmentation_uid;
    analysis.report_uid = made.report_uid;
    let picture = output.put(analysed.montage, "image/png").await?;
    analysis.overlay = Some((picture, analysed.legend));
    analysis.results = Ok(serde_json::to_value(&analysed.results).map_err(anyhow::Error::from)?);
    let said = analysed.results.report();
    Ok((analysis, of_series(series, &said.findings, &said.impression)))
}

/// The analysis of one series, while progress is told and what was written before is kept from the sweeper.
async fn watched(
    app: &App,
    ctx: &JobCtx,
    output: &Output,
    place: Place,
    read: series::Read,
) -> Result<Result<Analysed, AnalysisError>, JobError> {
    let (done, mut seen) = watch::channel(0.0);
    let mut work = pin!(series::analyze(app, ctx, read, done));
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

fn of_series(series: &Series, findings: &str, impression: &str) -> ReportText {
    let name = match series.series_number {
        Some(number) => format!("Series {number}"),
        None => "Series".to_owned(),
    };
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
