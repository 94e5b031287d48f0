//! From a series that was analysed to the network's input, and from its answer to results on the pixels of the series.

mod input;
mod output;
mod said;
mod tiles;

use imaging::analysis::{Analysis, Progress, Stage};

use crate::{Input, Model, ModelError, Shape, Tensor};

pub use said::colour;

/// Asks a model about the series of an analysis: the same volume and statistics with the model's structures, findings, measurements and
/// warnings. Blocks for as long as the network takes; `progress` is asked before every tile.
///
/// # Errors
/// See [`ModelError`].
pub fn apply(model: &dyn Model, of: &Analysis, progress: &Progress) -> Result<Analysis, ModelError> {
    let manifest = model.manifest();
    let modality = &of.results.modality;
    if !manifest.input.modalities.contains(modality) {
        return Err(ModelError::Series(format!(
            "it is of modality {modality}, not {}",
            manifest.input.modalities.join(" or ")
        )));
    }
    progress(Stage::Structures, 0.0)?;
    let prepared = input::prepare(&manifest.input, of)?;
    let answer = tiles::ask(model, &prepared, progress)?;
    progress(Stage::Summary, 0.0)?;
    Ok(of.with(said::said(manifest, of, &prepared, answer)))
}

/// Zeros of the shape that the model takes (once its multiple where any is), to see whether it runs.
pub fn zeros(input: &Input) -> Tensor {
    let (Shape::Fixed(shape) | Shape::MultipleOf(shape)) = input.shape;
    input::tensor(input, shape, |_| 0.0)
}
