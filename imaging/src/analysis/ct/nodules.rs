//! Lung nodules: compact dense bodies with lung around them.
//!
//! Candidates are made by distance, not by threshold alone: the voxels further than a small radius from any lung voxel are the cores of
//! whatever is thick there. Thin vessels have no core; the cores of wall, heart and large vessels hang together in one huge piece; a nodule
//! has a small core of its own. What is left is told from pieces of vessels by what goes through a shell around it: nothing for a
//! nodule, one or two stumps for a vessel. After the reasoning of Li, Sone and Doi, Med Phys 30:2040-2051 (2003), who tell blobs from
//! tubes by the same difference of shape in the second derivatives. Nodules that lie broadly against the wall or a large vessel are missed.

use super::lungs::Lungs;
use super::{Candidate, diameter_mm, mean, method, place};
use crate::analysis::Series;
use crate::analysis::components::{Components, Neighbours, Part, each_neighbour, principal_variances};
use crate::analysis::grid::{Mask, Vec3, Volume};
use crate::analysis::morphology::squared_distance;
use crate::analysis::quality::Checks;
use crate::analysis::results::{Finding, FindingKind};

pub const WHAT: &str = "solid lung nodules of 6 to 30 mm with lung around them";
/// Slices further apart hide a nodule of 6 mm or make one of a vessel.
const SLICE_SPACING: f64 = 3.0;
/// The half thickness from which on a thing has a core, in mm.
const CORE: f64 = 1.9;
/// Lungs have some hundreds of cores; noise has many more.
const MOST_CORES: usize = 4000;
/// Diameters that are told, in mm; a nodule of 6 mm may measure a little less.
const DIAMETER: std::ops::RangeInclusive<f64> = 5.2..=31.0;
/// The shell in which the surroundings are looked at, in radii of the candidate.
const SHELL: [f64; 2] = [1.6, 2.2];
/// The part of the shell that may be connected to the candidate: a tube of its own thickness has 7 % for each end.
const CONNECTED: f64 = 0.06;
/// The part of the shell that must be lung.
const LUNG: f64 = 0.75;
/// A candidate of which the method is less sure is not told: small ones at the forks of vessels.
const LEAST_CONFIDENCE: f64 = 0.55;
/// The least variance along an axis, as a part of the greatest.
const ROUND: f64 = 0.33;

/// Finds the nodules of both lungs.
pub fn find(series: &Series, lungs: &Lungs, checks: &mut Checks) -> Vec<Candidate> {
    let [across, down, along] = series.stack.grid.spacing();
    if along.max(across).max(down) > SLICE_SPACING {
        checks.looked_for(WHAT, Some("the slices are more than 3 mm apart"));
        return Vec::new();
    }
    let lung = lungs.both();
    let Some((low, high)) = lung.bounds() else {
        return Vec::new();
    };
    let hu = series.loaded.volume.cropped(low, high);
    let area = Area {
        mm: series.loaded.grid.voxel_ml().cbrt() * 10.0,
        solid: hu.map(|hu| hu > lungs.threshold),
        faint: hu.map(|hu| hu > (lungs.threshold + lungs.median) / 2.0),
        lung: lung.cropped(low, high),
    };
    let radius = (CORE / area.mm).powi(2) as f32;
    let cores = squared_distance(&area.solid).map(|distance| distance >= radius);
    let found = Components::of(&cores, Neighbours::All);
    if found.parts.len() > MOST_CORES {
        checks.looked_for(WHAT, Some("the lungs are too noisy"));
        return Vec::new();
    }
    checks.looked_for(WHAT, None);
    let shapes = found.parts.iter().filter_map(|part| area.judge(&found.labels, part));
    let candidates = shapes.map(|shape| candidate(series, lungs, low, &hu, shape));
    candidates.filter(|candidate| candidate.finding.confidence >= LEAST_CONFIDENCE).collect()
}

/// The box around the lungs.
struct Area {
    /// The edge of a voxel.
    mm: f64,
    solid: Mask,
    /// Brighter than lung: thin vessels too, which are blurred with the lung around them.
    faint: Mask,
    lung: Mask,
}

/// A compact body within the box.
struct Shape {
    voxels: Vec<[usize; 3]>,
    centre: Vec3,
    roundness: f64,
    connected: f64,
}

impl Area {
    fn judge(&self, labels: &Volume<u32>, part: &Part) -> Option<Shape> {
        let largest = DIAMETER.end() / self.mm;
        let inner = (0..3).all(|axis| ((part.high[axis] - part.low[axis]) as f64) <= largest);
        if !inner {
            return None;
        }
        let voxels = self.body(labels, part);
        let diameter = diameter_mm(voxels.len() as f64 * self.mm.powi(3) / 1000.0);
        let places = voxels.iter().map(|voxel| voxel.map(|index| index as f64));
        let [greatest, _, least] = principal_variances(places);
        let roundness = least / greatest.max(f64::MIN_POSITIVE);
        if !DIAMETER.contains(&diameter) || roundness < ROUND {
            return None;
        }
        let (connected, lung) = self.shell(&voxels, part.centroid, diameter / 2.0 / self.mm);
        (connected <= CONNECTED && lung >= LUNG).then_some(Shape {
            voxels,
            centre: part.centroid,
            roundness,
            connected,
        })
    }

    /// The core, grown back by what was taken from it.
    fn body(&self, labels: &Volume<u32>, part: &Part) -> Vec<[usize; 3]> {
        let reach = CORE / self.mm + 0.8;
        let (low, high) = self.window(part.low, part.high, reach.ceil() as usize);
        let core = labels.cropped(low, high).map(|label| label != part.label);
        let near = squared_distance(&core);
        let solid = self.solid.cropped(low, high);
        let inside = (0..near.data.len()).filter(|at| solid.data[*at] && f64::from(near.data[*at]) <= reach * reach);
        inside.map(|at| std::array::from_fn(|axis| near.place(at)[axis] + low[axis])).collect()
    }

    /// Of the shell around the centre: the part that hangs together with the body, and the part that is lung.
    fn shell(&self, body: &[[usize; 3]], centre: Vec3, radius: f64) -> (f64, f64) {
        let outer = SHELL[1] * radius;
        let middle = centre.map(|index| index.round() as usize);
        let (low, high) = self.window(middle, middle, outer.ceil() as usize);
        let solid = self.faint.cropped(low, high);
        let lung = self.lung.cropped(low, high);
        let away = |at: usize| {
            let place = solid.place(at);
            (0..3)
                .map(|axis| (place[axis] as f64 + low[axis] as f64 - centre[axis]).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        let mut reached = Mask::filled(solid.shape, false);
        let inside = body.iter().filter(|voxel| (0..3).all(|axis| (low[axis]..=high[axis]).contains(&voxel[axis])));
        let mut stack: Vec<usize> =
            inside.map(|voxel| solid.at(std::array::from_fn(|axis| voxel[axis] - low[axis]))).collect();
        stack.iter().for_each(|at| reached.data[*at] = true);
        while let Some(at) = stack.pop() {
            each_neighbour(solid.shape, solid.place(at), Neighbours::Faces, |next| {
                if solid.data[next] && !reached.data[next] && away(next) <= outer {
                    reached.data[next] = true;
                    stack.push(next);
                }
            });
        }
        let shell: Vec<usize> =
            (0..solid.data.len()).filter(|at| (SHELL[0] * radius..=outer).contains(&away(*at))).collect();
        // What the box cuts off is neither lung nor free of connections: a ball's shell has this many voxels.
        let all = 4.0 / 3.0 * std::f64::consts::PI * (outer.powi(3) - (SHELL[0] * radius).powi(3));
        let all = all.max(shell.len() as f64).max(1.0);
        let share = |mask: &Mask| shell.iter().filter(|at| mask.data[**at]).count() as f64 / all;
        (share(&reached), share(&lung))
    }

    fn window(&self, low: [usize; 3], high: [usize; 3], reach: usize) -> ([usize; 3], [usize; 3]) {
        (
            low.map(|index| index.saturating_sub(reach)),
            std::array::from_fn(|axis| (high[axis] + reach).min(self.solid.shape[axis] - 1)),
        )
    }
}

fn candidate(series: &Series, lungs: &Lungs, low: [usize; 3], hu: &Volume<f32>, shape: Shape) -> Candidate {
    let grid = &series.loaded.grid;
    let centre: Vec3 = std::array::from_fn(|axis| shape.centre[axis] + low[axis] as f64);
    let ml = shape.voxels.len() as f64 * grid.voxel_ml();
    let inside: Vec<usize> = shape.voxels.iter().map(|voxel| hu.at(*voxel)).collect();
    let left = nearest_is(&lungs.left, &lungs.right, centre);
    let (name, lung) = if left {
        ("left", &lungs.left)
    } else {
        ("right", &lungs.right)
    };
    let point = grid.point(centre);
    let (diameter, mean) = (diameter_mm(ml), mean(hu, &inside));
    let freedom = 1.0 - shape.connected / CONNECTED;
    let size = ((diameter - DIAMETER.start()) / 5.0).clamp(0.0, 1.0);
    let finding = Finding {
        kind: FindingKind::LungNodule,
        description: format!(
            "Compact dense region in the lung, {diameter:.0} mm, mean {mean:.0} HU: candidate nodule."
        ),
        location: place::in_lung(name, lung, centre),
        position: Some(point),
        image: series.image_at(point),
        diameter_mm: Some(diameter),
        volume_ml: Some(ml),
        mean: Some(mean),
        confidence: (0.3 + 0.2 * shape.roundness.min(1.0) + 0.2 * freedom + 0.2 * size).clamp(0.0, 0.9),
        method: method(
            "Cores further than 1.9 mm from lung, roundness and a shell free of vessels; confidence from roundness, shell and size",
            "Gantry, after Li, Sone and Doi, Med Phys 30:2040-2051 (2003)",
        ),
    };
    let series_volume = &series.loaded.volume;
    let voxels = shape.voxels.iter();
    let voxels = voxels.map(|voxel| series_volume.at(std::array::from_fn(|axis| voxel[axis] + low[axis]))).collect();
    Candidate { finding, voxels }
}

/// Whether more of the neighbourhood is left than right lung.
fn nearest_is(left: &Mask, right: &Mask, centre: Vec3) -> bool {
    let middle = centre.map(|index| index.round() as usize);
    let low = middle.map(|index| index.saturating_sub(12));
    let high: [usize; 3] = std::array::from_fn(|axis| (middle[axis] + 12).min(left.shape[axis] - 1));
    left.cropped(low, high).count() >= right.cropped(low, high).count()
}
