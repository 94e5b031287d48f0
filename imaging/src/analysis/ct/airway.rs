//! Trachea and main bronchi, which a threshold alone would count as lung.

use crate::analysis::Series;
use crate::analysis::components::{Components, Neighbours, Part};
use crate::analysis::grid::{Mask, Volume};

/// How dark the smoothed image must be: the first that does not leak into the lungs is taken.
const LEVELS: [f32; 4] = [-940.0, -960.0, -975.0, -985.0];
/// Cross-section of a trachea, in square mm.
const CROSS_SECTION: std::ops::RangeInclusive<f64> = 60.0..=900.0;
/// Trachea and main bronchi, in ml; more is a leak.
const VOLUME: std::ops::RangeInclusive<f64> = 3.0..=120.0;
/// How far from the middle of the body a trachea lies, in mm.
const OFF_CENTRE: f64 = 40.0;
/// The least length of a trachea that counts, in mm.
const LENGTH: f64 = 30.0;
/// How much of it must look like a trachea in its slices, in mm.
const ROUND_LENGTH: f64 = 8.0;

/// The airways within the body, or `None` when nothing that looks like a trachea stays within bounds. `smooth` is the image, smoothed.
pub fn of(series: &Series, body: &Mask, smooth: &Volume<f32>) -> Option<Mask> {
    LEVELS.into_iter().find_map(|level| {
        let dark = smooth.zip(body, |hu, inside| inside && hu < level);
        let found = Components::of(&dark, Neighbours::Faces);
        let airway = found.parts.iter().find(|part| is_airway(series, body, &found, part))?;
        Some(found.mask(|part| part.label == airway.label))
    })
}

/// Of the right size, and round, near the middle and no wider than a trachea over some slices of its upper third.
fn is_airway(series: &Series, body: &Mask, found: &Components, part: &Part) -> bool {
    let grid = &series.loaded.grid;
    let [_, _, along] = grid.spacing();
    let slices = part.high[2] - part.low[2] + 1;
    let fits = VOLUME.contains(&(part.voxels as f64 * grid.voxel_ml())) && slices as f64 * along >= LENGTH;
    if !fits {
        return false;
    }
    let upper = part.high[2] - slices / 3..=part.high[2];
    let round = upper.filter(|z| is_trachea(series, body, found, part, *z)).count();
    round as f64 * along >= ROUND_LENGTH
}

/// Whether what slice `z` shows of the part is the cross-section of a trachea.
fn is_trachea(series: &Series, body: &Mask, found: &Components, part: &Part, z: usize) -> bool {
    let [columns, rows, _] = body.shape;
    let Some((low, high)) = body.cropped([0, 0, z], [columns - 1, rows - 1, z]).bounds() else {
        return false;
    };
    let middle = (low[0] + high[0]) as f64 / 2.0;
    let [across, down, _] = series.loaded.grid.spacing();
    let low = [part.low[0], part.low[1], z];
    let slice = found.labels.cropped(low, [part.high[0], part.high[1], z]).map(|label| label == part.label);
    let Some((first, last)) = slice.bounds() else {
        return false;
    };
    let area = slice.count() as f64 * across * down;
    let width = (last[0] - first[0] + 1) as f64 * across;
    let height = (last[1] - first[1] + 1) as f64 * down;
    let centre = (first[0] + last[0]) as f64 / 2.0 + low[0] as f64;
    CROSS_SECTION.contains(&area)
        && area > 0.5 * width * height
        && width < 2.5 * height
        && height < 2.5 * width
        && (centre - middle).abs() * across < OFF_CENTRE
}
