//! The models that plug in: each one that takes a series is asked after the engine, about the same volume.

use super::VERSION;
use super::series::{By, Said, Seen, Unseen};
use domain::App;
use domain::analyses::ENGINE;
use domain::rows::Series;
use imaging::analysis::{Analysis, Cancelled, Progress};
use inference::{Model, ModelError, Models};
use std::sync::Arc;

/// Those that take the series; a folder that cannot be read is told in the log and stops no other.
pub async fn for_series(app: &App, series: &Series) -> Vec<Arc<dyn Model>> {
    let folder = app.config.models_dir();
    let (modality, body_part) = (
        series.modality.clone().unwrap_or_default(),
        series.body_part_examined.clone(),
    );
    let open = move || {
        let models = Models::open(&folder);
        for problem in &models.problems {
            tracing::warn!(folder = %problem.folder.display(), error = %problem.error, "a model cannot be used");
        }
        models.for_series(&modality, body_part.as_deref())
    };
    tokio::task::spawn_blocking(open).await.unwrap_or_default()
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
