//! Asking for an analysis, and waiting for it.

use super::read;
use crate::App;
use crate::config::Switch;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::jobs::{self, AnalyzeStudyV1, JobState};
use crate::policy::Action;
use crate::studies;
use entity::{analysis, job, study};
use imaging::analysis::Kind;
use std::time::Duration;

/// Between two looks at a job that somebody waits for; events wake earlier.
const LOOK: Duration = Duration::from_millis(250);

/// An error with the words of the document while analyses are switched off (contract S2-66).
pub fn available(app: &App) -> Result<()> {
    match app.config.ai {
        Switch::On => Ok(()),
        Switch::Off => Err(Error::Unavailable(
            "AI functionality not available. AI dependencies not installed.".into(),
        )),
    }
}

/// Whether analyses are on and there is one that reads images of one of these modalities.
pub fn analyzable<'a>(app: &App, mut modalities: impl Iterator<Item = &'a str>) -> bool {
    available(app).is_ok() && modalities.any(|modality| Kind::of(modality).is_ok())
}

/// Analyses the study with this uuid, number or 8-character id in the background; answers it with the job, which may be one that waits already.
pub async fn analysis_ask(app: &App, ctx: &Context, key: &str) -> Result<(study::Model, job::Model)> {
    available(app)?;
    let study = studies::acted_on(app, ctx, Action::AnalysisRun, key).await?;
    let job = studies::enqueue(app, ctx, &study, AnalyzeStudyV1 { study_id: study.id }).await?;
    Ok((study, job))
}

/// Analyses a study and waits for what comes of it, as long as the settings allow; none: it goes on in the background.
pub async fn analysis_wait(
    app: &App,
    ctx: &Context,
    key: &str,
) -> Result<(study::Model, Option<Vec<analysis::Model>>)> {
    let (study, asked) = analysis_ask(app, ctx, key).await?;
    let wait = async {
        loop {
            let job = jobs::job_get(app, ctx, asked.id).await?;
            match JobState::parse(&job.state) {
                Some(JobState::Succeeded) => return read::analyses_of_study(app, ctx, study.id).await,
                Some(JobState::Dead | JobState::Cancelled) => return Err(failed(&job)),
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    };
    let patience = Duration::from_secs(app.config.analysis_wait_seconds);
    match tokio::time::timeout(patience, wait).await {
        Ok(analyses) => Ok((study, Some(analyses?))),
        Err(_) => Ok((study, None)),
    }
}

fn failed(job: &job::Model) -> Error {
    let why = job.last_error.as_deref().unwrap_or("it was cancelled");
    Error::internal(anyhow::anyhow!("the analysis did not end well: {why}"))
}
