//! The lungs: air within the body that looks like lung, without airways, parted into left and right
//! (Hu, Hoffman and Reinhardt, IEEE Trans Med Imaging 20:490-498, 2001).

use std::collections::HashSet;

use super::{airway, method};
use crate::analysis::Series;
use crate::analysis::components::{Components, Neighbours, Part, grow};
use crate::analysis::grid::{Mask, Volume};
use crate::analysis::morphology::{dilated, eroded};
use crate::analysis::quality::Checks;
use crate::analysis::statistics::Histogram;

/// Between lung and soft tissue; the iteration stays within what the literature uses.
const THRESHOLD: std::ops::RangeInclusive<f32> = -550.0..=-320.0;
/// The median of a lung: gas in the bowel is darker, fat and partial volumes are brighter.
const MEDIAN: std::ops::RangeInclusive<f32> = -965.0..=-500.0;
/// The mean cross-section of a lung, in square mm, and its least volume where the series is long enough to show it, in ml.
const CROSS_SECTION: f64 = 1500.0;
const VOLUME: f64 = 150.0;
/// Both lungs have at least this part of what was found.
const SMALLER_LUNG: f64 = 0.15;
/// Between the centres of the lungs, in mm.
const APART: f64 = 60.0;
/// Emphysema on CT: Gevenois et al., Am J Respir Crit Care Med 154:187-192 (1996).
const EMPHYSEMA: f32 = -950.0;

/// Both lungs.
pub struct Lungs {
    pub left: Mask,
    pub right: Mask,
    /// Trachea and main bronchi, which are no part of the lungs.
    pub airway: Option<Mask>,
    /// Between lung and soft tissue, in HU.
    pub threshold: f32,
    /// The median of the lungs, in HU.
    pub median: f32,
}

impl Lungs {
    pub fn both(&self) -> Mask {
        self.left.zip(&self.right, |left, right| left || right)
    }
}

/// `None` when nothing looks like a lung.
pub fn of(series: &Series, body: &Mask, smooth: &Volume<f32>, warnings: &mut Vec<String>) -> Option<Lungs> {
    let hu = &series.loaded.volume;
    let within = hu.data.iter().zip(&body.data).filter(|(_, inside)| **inside).map(|(hu, _)| *hu);
    let histogram = Histogram::of(within, -1024.0, 400.0, 356);
    let threshold = histogram.half_way(-500.0).clamp(*THRESHOLD.start(), *THRESHOLD.end());
    let gas = hu.zip(body, |hu, inside| inside && hu < threshold);
    if gas.count() as f64 * series.loaded.grid.voxel_ml() < 1.0 {
        return None;
    }
    let mut airway = airway::of(series, body, smooth);
    let gas = match &airway {
        Some(airway) => gas.zip(&dilated(airway, series.reach(1.5)), |gas, airway| gas && !airway),
        None => gas,
    };
    let found = Components::of(&gas, Neighbours::Faces);
    let lungs: Vec<&Part> = found.parts.iter().filter(|part| is_lung(series, &found, part)).collect();
    if lungs.is_empty() {
        return None;
    }
    let (low, high) = (
        lungs.iter().map(|lung| lung.low[2]).min()?,
        lungs.iter().map(|lung| lung.high[2]).max()?,
    );
    // Gas in the bowel below the lungs is no airway.
    airway = airway.filter(|airway| airway.bounds().is_some_and(|(_, top)| top[2] > (low + high) / 2));
    let lungs: HashSet<u32> = lungs.iter().map(|lung| lung.label).collect();
    let all = found.mask(|part| lungs.contains(&part.label));
    let (left, right) = parted(series, &all).unwrap_or_else(|| {
        warnings
            .push("The lungs could not be parted: left and right were taken from the middle of the body.".to_owned());
        by_middle(&all, body)
    });
    let values = all.data.iter().zip(&hu.data).filter(|(inside, _)| **inside).map(|(_, hu)| *hu);
    let median = Histogram::of(values, -1024.0, 0.0, 256).quantile(0.5);
    Some(Lungs {
        left,
        right,
        airway,
        threshold,
        median,
    })
}

fn is_lung(series: &Series, found: &Components, part: &Part) -> bool {
    let grid = &series.loaded.grid;
    let [across, down, along] = grid.spacing();
    let slices = part.high[2] + 1 - part.low[2];
    let height = slices as f64 * along;
    let area = part.voxels as f64 * across * down / slices as f64;
    let ml = part.voxels as f64 * grid.voxel_ml();
    if area < CROSS_SECTION || (height > 100.0 && ml < VOLUME) {
        return false;
    }
    let values = found.voxels(part).map(|at| series.loaded.volume.data[at]);
    MEDIAN.contains(&Histogram::of(values, -1024.0, 0.0, 256).quantile(0.5))
}

/// Erodes until two parts of the size of lungs lie beside each other, and grows them back to meet. `None` when that never happens.
fn parted(series: &Series, all: &Mask) -> Option<(Mask, Mask)> {
    let across = series.loaded.grid.spacing()[0];
    let total = all.count() as f64;
    for mm in [0.0, 1.5, 3.0, 4.5, 6.0, 8.0] {
        let found = Components::of(&eroded(all, series.reach(mm)), Neighbours::Faces);
        let mut large: Vec<&Part> =
            found.parts.iter().filter(|part| part.voxels as f64 > SMALLER_LUNG * total).collect();
        large.sort_by(|a, b| a.centroid[0].total_cmp(&b.centroid[0]));
        let [right, .., left] = large[..] else {
            continue;
        };
        if (left.centroid[0] - right.centroid[0]) * across < APART {
            continue;
        }
        let middle = (left.centroid[0] + right.centroid[0]) / 2.0;
        // Every piece keeps the side of its centre, so that none is lost.
        let side = |part: &Part| if part.centroid[0] > middle { 2 } else { 1 };
        let sides: Vec<u32> = std::iter::once(0).chain(found.parts.iter().map(side)).collect();
        let mut labels = found.labels.map(|label| sides[label as usize]);
        grow(&mut labels, all);
        return Some((labels.map(|label| label == 2), labels.map(|label| label == 1)));
    }
    None
}

fn by_middle(all: &Mask, body: &Mask) -> (Mask, Mask) {
    let middle = body.bounds().map_or(0, |(low, high)| (low[0] + high[0]) / 2);
    let mut left = all.clone();
    for (at, cell) in left.data.iter_mut().enumerate() {
        *cell &= all.place(at)[0] > middle;
    }
    let right = all.zip(&left, |all, left| all && !left);
    (left, right)
}

/// Volumes, symmetry, density and the low attenuation area.
pub fn measure(series: &Series, lungs: &Lungs, checks: &mut Checks) {
    const HU2001: &str = "Hu, Hoffman and Reinhardt, IEEE Trans Med Imaging 20:490-498 (2001)";
    let ml = series.loaded.grid.voxel_ml();
    let (left, right) = (lungs.left.count() as f64 * ml, lungs.right.count() as f64 * ml);
    let volume = method("Sum of the voxels of the lungs", HU2001);
    checks.measured("lung volume", left + right, "mL", &volume);
    if right > 0.0 {
        checks.measured("left to right lung volume", left / right, "1", &volume);
    }
    let both = lungs.both();
    let values = || both.data.iter().zip(&series.loaded.volume.data).filter(|(inside, _)| **inside).map(|(_, hu)| *hu);
    let count = both.count().max(1) as f64;
    let mean = values().map(f64::from).sum::<f64>() / count;
    checks.measured(
        "mean lung density",
        mean,
        "[hnsf'U]",
        &method("Mean of the voxels of the lungs", HU2001),
    );
    let low = values().filter(|hu| *hu < EMPHYSEMA).count() as f64;
    let emphysema = method(
        "Share of lung voxels below -950 HU (LAA-950) on the analysed grid; a measurement, not a diagnosis",
        "Gevenois et al., Am J Respir Crit Care Med 154:187-192 (1996)",
    );
    checks.measured("low attenuation area", low / count * 100.0, "%", &emphysema);
}
