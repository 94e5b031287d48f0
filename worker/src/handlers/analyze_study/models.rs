//! The models that plug in: each one that takes a series is asked after the engine, about the same volume.

use super::VERSION;
use super::series::{By, Said, Seen, Unseen};
use crate::engine::JobError;
use domain::App;
use domain::analyses::ENGINE;
use domain::rows::Series;
use imaging::analysis::{Analysis, Cancelled, Progress};
use inference::{Model, ModelError, Models};
use std::sync::Arc;

/// The models of the server; a folder that cannot be read is told in the log and stops no other.
pub async fn open(app: &App) -> Result<Models, JobError> {
    let folder = app.config.models_dir();
    let open = move || {
        let models = Models::open(&folder);
        for problem in &models.problems {
            tracing::warn!(folder = %problem.folder.display(), error = %problem.error, "a model cannot be used");
        }
        models
    };
    Ok(tokio::task::spawn_blocking(open).await?)
}

/// Those that take the series.
pub fn for_series(models: &Models, series: &Series) -> Vec<Arc<dyn Model>> {
    models.for_series(
        series.modality.as_deref().unwrap_or_default(),
        series.body_part_examined.as_deref(),
    )
}

pub fn engine() -> By {
    By {
        model: ENGINE.into(),
        version: VERSION.into(),
        weights_hash: None,
    }
}

/// What a model says; that it cannot is a result too.
pub fn ask(model: &dyn Model, analysis: &Analysis, progress: &Progress) -> Result<Said, Cancelled> {
    let by = By {
        model: model.manifest().name.clone(),
        version: model.manifest().version.clone(),
        weights_hash: model.weights_hash().map(String::from),
    };
    let seen = match inference::apply(model, analysis, progress) {
        Ok(analysis) => Seen::of(analysis),
        Err(ModelError::Cancelled) => return Err(Cancelled),
        Err(error) => Err(Unseen {
            why: error.to_string(),
            passes: error.is_temporary(),
        }),
    };
    Ok(Said { by, seen })
}
