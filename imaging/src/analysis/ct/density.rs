//! Regions of unusual density: air within the lungs, and material denser than any bone.

use super::lungs::Lungs;
use super::{Candidate, diameter_mm, mean, method, place};
use crate::analysis::Series;
use crate::analysis::components::{Components, Neighbours, Part};
use crate::analysis::grid::{Mask, Volume};
use crate::analysis::morphology::{dilated, eroded};
use crate::analysis::quality::Checks;
use crate::analysis::results::{Finding, FindingKind};

pub const LOW: &str = "regions of air of 1 ml and more within the lungs (bullae, cysts)";
pub const MATERIAL: &str = "material denser than bone (metal)";
/// The smoothed image is darker than this in a region of air: emphysema, at -950 HU, is told as a share and not as a region.
const AIR: f32 = -975.0;
const SMALLEST_AIR: f64 = 1.0;
/// The part of what surrounds a region of air that must be lung.
const LUNG: f64 = 0.5;
/// Enamel and the densest cortical bone stay below.
const METAL: f32 = 2500.0;
const SMALLEST_METAL: f64 = 0.05;

/// Regions of air within the lungs. Without known airways they would be taken for it, so then nothing is looked for.
pub fn low(series: &Series, lungs: &Lungs, smooth: &Volume<f32>, checks: &mut Checks) -> Vec<Candidate> {
    let Some(airway) = &lungs.airway else {
        checks.looked_for(LOW, Some("the airways could not be told from the lungs"));
        return Vec::new();
    };
    checks.looked_for(LOW, None);
    let lung = lungs.both();
    let near_airway = dilated(airway, series.reach(4.0));
    let air = smooth.zip(&lung, |hu, inside| inside && hu < AIR).zip(&near_airway, |air, near| air && !near);
    let reach = series.reach(1.5);
    let air = dilated(&eroded(&air, reach), reach).zip(&air, |opened, air| opened && air);
    let found = Components::of(&air, Neighbours::Faces);
    let ml = series.loaded.grid.voxel_ml();
    let large = found.parts.iter().filter(|part| part.voxels as f64 * ml >= SMALLEST_AIR);
    let mut candidates = Vec::new();
    for part in large {
        let surrounded = surrounded(series, &found, part, &lung);
        if surrounded < LUNG {
            continue;
        }
        let voxels: Vec<usize> = found.voxels(part).collect();
        let left = voxels.iter().filter(|at| lungs.left.data[**at]).count() * 2 > voxels.len();
        let (name, side) = if left {
            ("left", &lungs.left)
        } else {
            ("right", &lungs.right)
        };
        let volume = voxels.len() as f64 * ml;
        let mean = mean(&series.loaded.volume, &voxels);
        let finding = Finding {
            description: format!(
                "Region of air in the lung, {volume:.1} ml, mean {mean:.0} HU: candidate bulla or cyst."
            ),
            location: place::in_lung(name, side, part.centroid),
            confidence: (0.3 + 0.3 * surrounded + 0.05 * volume).clamp(0.0, 0.8),
            method: method(
                "Components of the smoothed image below -975 HU within the lungs, opened, away from the airways",
                "Gantry; densities after Gevenois et al., Am J Respir Crit Care Med 154:187-192 (1996)",
            ),
            ..located(series, FindingKind::LungLowDensity, part.centroid, volume, mean)
        };
        candidates.push(Candidate { finding, voxels });
    }
    candidates
}

/// The part of the voxels around a region that is lung and no other region.
fn surrounded(series: &Series, found: &Components, part: &Part, lung: &Mask) -> f64 {
    let reach = series.reach(3.0);
    let low = std::array::from_fn(|axis| part.low[axis].saturating_sub(reach[axis]));
    let high = std::array::from_fn(|axis| (part.high[axis] + reach[axis]).min(lung.shape[axis] - 1));
    let labels = found.labels.cropped(low, high);
    let near = dilated(&labels.map(|label| label == part.label), reach);
    let around = near.zip(&labels, |near, label| near && label == 0);
    let in_lung = around.zip(&lung.cropped(low, high), |around, lung| around && lung).count();
    in_lung as f64 / around.count().max(1) as f64
}

/// Metal in and on the body.
pub fn material(series: &Series, body: &Mask, checks: &mut Checks) -> Vec<Candidate> {
    checks.looked_for(MATERIAL, None);
    let hu = &series.loaded.volume;
    let near = dilated(body, series.reach(5.0));
    let found = Components::of(&hu.zip(&near, |hu, near| near && hu > METAL), Neighbours::All);
    let ml = series.loaded.grid.voxel_ml();
    let large = found.parts.iter().filter(|part| part.voxels as f64 * ml >= SMALLEST_METAL);
    let candidate = |part: &Part| {
        let voxels: Vec<usize> = found.voxels(part).collect();
        let volume = voxels.len() as f64 * ml;
        let mean = mean(hu, &voxels);
        let [x, y, z] = series.loaded.grid.point(part.centroid).map(f64::round);
        let finding = Finding {
            description: format!(
                "Material denser than bone, {volume:.2} ml, mean {mean:.0} HU: metal or another implant."
            ),
            location: format!("at {x:.0} mm to the left, {y:.0} mm to the back, {z:.0} mm to the head"),
            confidence: 0.85,
            method: method(
                "Components above 2500 HU",
                "Gantry; metal saturates the scale of CT: Barrett and Keat, RadioGraphics 24:1679-1691 (2004)",
            ),
            ..located(series, FindingKind::DenseMaterial, part.centroid, volume, mean)
        };
        Candidate { finding, voxels }
    };
    large.map(candidate).collect()
}

/// What all findings with voxels say of themselves.
pub fn located(series: &Series, kind: FindingKind, centroid: [f64; 3], ml: f64, mean: f64) -> Finding {
    let point = series.loaded.grid.point(centroid);
    Finding {
        kind,
        description: String::new(),
        location: String::new(),
        position: Some(point),
        image: series.image_at(point),
        diameter_mm: Some(diameter_mm(ml)),
        volume_ml: Some(ml),
        mean: Some(mean),
        confidence: 0.0,
        method: method("", ""),
    }
}
