//! The inside of the skull, and dense regions within it that may be blood.

use super::density::located;
use super::{Candidate, mean, method, place};
use crate::analysis::Series;
use crate::analysis::components::{Components, Neighbours};
use crate::analysis::grid::{Mask, Volume};
use crate::analysis::morphology::{dilated, eroded, filled};
use crate::analysis::quality::Checks;
use crate::analysis::results::{Finding, FindingKind};
use crate::analysis::statistics::Histogram;

pub const WHAT: &str = "dense regions of 1 ml and more within the skull (blood), except within 6 mm of the bone";
/// Brain, fluid and blood.
const TISSUE: std::ops::RangeInclusive<f32> = -20.0..=100.0;
/// The median of what is inside a skull.
const MEDIAN: std::ops::RangeInclusive<f32> = 10.0..=60.0;
/// The least volume, and the least part of the cross-section of the body: the pelvis encloses less.
const VOLUME: f64 = 200.0;
const OF_BODY: f64 = 0.4;
/// There is hardly any fat inside of a skull.
const MOST_FAT: f64 = 0.05;
/// A vault narrows towards the vertex: an uppermost slice of more than this part of the widest is none.
const OPEN: f64 = 0.3;
/// Blood is denser than this and than the brain by this much: acute blood has 50 to 90 HU
/// (Parizel et al., Eur Radiol 11:1770-1783, 2001).
const BLOOD: f32 = 52.0;
const ABOVE_BRAIN: f32 = 16.0;
const SMALLEST: f64 = 1.0;
/// Denser than blood: calcium.
const CALCIUM: f32 = 100.0;
const MOST_CALCIUM: f64 = 0.05;

/// The inside of a skull.
pub struct Head {
    pub inside: Mask,
    /// The median of its intensities, in HU.
    pub median: f32,
}

impl Head {
    /// Whether the inside ends below the vertex: bone no longer encloses it there, or the images end.
    pub fn is_open(&self) -> bool {
        let [columns, rows, _] = self.inside.shape;
        let slices = self.inside.data.chunks_exact((columns * rows).max(1));
        let areas: Vec<usize> = slices.map(|slice| slice.iter().filter(|inside| **inside).count()).collect();
        let widest = areas.iter().copied().max().unwrap_or(0);
        let uppermost = areas.iter().rev().find(|area| **area > 0);
        uppermost.is_some_and(|area| *area as f64 > OPEN * widest as f64)
    }
}

/// `None` when no skull encloses what looks like a brain.
pub fn of(series: &Series, body: &Mask, bone: &Mask) -> Option<Head> {
    let hu = &series.loaded.volume;
    let [x, y, _] = series.reach(5.0);
    let shell = eroded(&filled(&dilated(bone, [x, y, 0])), [x, y, 0]);
    let cavity = shell.zip(bone, |within, bone| within && !bone).zip(body, |cavity, body| cavity && body);
    let tissue = cavity.zip(hu, |cavity, hu| cavity && TISSUE.contains(&hu));
    let reach = series.reach(3.0);
    let found = Components::of(&eroded(&tissue, reach), Neighbours::Faces);
    let core = found.largest()?.label;
    let inside = dilated(&found.mask(|part| part.label == core), reach).zip(&cavity, |near, cavity| near && cavity);
    let ml = series.loaded.grid.voxel_ml();
    let count = inside.count();
    if (count as f64) * ml < VOLUME {
        return None;
    }
    let (low, high) = inside.bounds()?;
    let slab = |mask: &Mask| {
        let [columns, rows, _] = mask.shape;
        mask.cropped([0, 0, low[2]], [columns - 1, rows - 1, high[2]]).count()
    };
    let values = || inside.data.iter().zip(&hu.data).filter(|(inside, _)| **inside).map(|(_, hu)| *hu);
    let fat = values().filter(|hu| (-190.0..=-30.0).contains(hu)).count();
    let median = Histogram::of(values(), -50.0, 150.0, 200).quantile(0.5);
    let is_brain = count as f64 >= OF_BODY * slab(body) as f64
        && fat as f64 <= MOST_FAT * count as f64
        && MEDIAN.contains(&median);
    is_brain.then_some(Head { inside, median })
}

/// Dense regions within the skull. Contrast agent makes every vessel one, so then nothing is looked for.
pub fn find(series: &Series, head: &Head, smooth: &Volume<f32>, checks: &mut Checks) -> Vec<Candidate> {
    if series.contrast {
        checks.looked_for(WHAT, Some("a contrast agent was given"));
        return Vec::new();
    }
    checks.looked_for(WHAT, None);
    let hu = &series.loaded.volume;
    let least = BLOOD.max(head.median + ABOVE_BRAIN);
    // Partial volumes and beam hardening make a bright seam along the bone.
    let away = eroded(&head.inside, series.reach(6.0));
    let dense = smooth.zip(&away, |hu, inside| inside && hu >= least);
    let reach = series.reach(1.5);
    let dense = dilated(&eroded(&dense, reach), reach).zip(&dense, |opened, dense| opened && dense);
    let found = Components::of(&dense, Neighbours::Faces);
    let ml = series.loaded.grid.voxel_ml();
    let mut candidates = Vec::new();
    for part in found.parts.iter().filter(|part| part.voxels as f64 * ml >= SMALLEST) {
        let voxels: Vec<usize> = found.voxels(part).collect();
        let calcium = voxels.iter().filter(|at| smooth.data[**at] > CALCIUM).count();
        if calcium as f64 > MOST_CALCIUM * voxels.len() as f64 {
            continue;
        }
        let volume = voxels.len() as f64 * ml;
        let mean = mean(hu, &voxels);
        let contrast = (mean - f64::from(head.median)) / 40.0;
        let finding = Finding {
            description: format!(
                "Dense region within the skull, {volume:.1} ml, mean {mean:.0} HU against {:.0} HU around: candidate hemorrhage.",
                head.median
            ),
            location: place::in_head(&head.inside, part.centroid),
            confidence: (0.25 + 0.35 * contrast.clamp(0.0, 1.0) + 0.02 * volume).clamp(0.0, 0.85),
            method: method(
                "Components of the smoothed image above 52 HU and 16 HU above the median, opened, 6 mm away from bone, without calcium; \
                 confidence from contrast and volume",
                "Gantry; densities after Parizel et al., Eur Radiol 11:1770-1783 (2001)",
            ),
            ..located(
                series,
                FindingKind::IntracranialHighDensity,
                part.centroid,
                volume,
                mean,
            )
        };
        candidates.push(Candidate { finding, voxels });
    }
    candidates
}
