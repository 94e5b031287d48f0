//! The structures as numbers, and the middle slice on 256 x 256 pixels for clients that ask for a picture's account (S2-60..63).

use super::Kind;
use super::components::{Components, Neighbours};
use super::grid::{Grid, Mask, Vec3, Volume};
use super::labels::LabelClass;
use super::resample::{resized, taps};
use super::results::{Method, Region, Structure, Summary};
use super::statistics;

/// The edge of the summary's slice, in pixels.
const EDGE: usize = 256;
/// Regions of the summary have more pixels than this, and there are at most so many.
const SMALLEST_REGION: usize = 100;
const MOST_REGIONS: usize = 5;

/// The structures that occur, with their sizes and places.
pub fn structures(
    grid: &Grid,
    values: &Volume<f32>,
    labels: &Volume<u8>,
    classes: &[(LabelClass, Method)],
    kind: Kind,
) -> Vec<Structure> {
    let mut sums = [Sum::default(); 256];
    for (at, (label, value)) in labels.data.iter().zip(&values.data).enumerate() {
        if *label != 0 {
            sums[usize::from(*label)].take(labels.place(at), *value);
        }
    }
    let structure = |(class, method): &(LabelClass, Method)| {
        let sum = &sums[usize::from(class.label)];
        let count = sum.voxels as f64;
        let corners = [sum.low, sum.high].map(|corner| grid.point(corner.map(|index| index as f64)));
        let [across, down, _] = grid.spacing();
        let projection = kind == Kind::Radiograph;
        (sum.voxels > 0).then(|| Structure {
            label: class.label,
            name: class.name.clone(),
            colour: class.colour,
            code: class.code.clone(),
            volume_ml: (!projection).then(|| count * grid.voxel_ml()),
            area_mm2: projection.then_some(count * across * down),
            voxels: sum.voxels,
            centroid: grid.point(sum.place.map(|sum| sum / count)),
            bounds: [
                std::array::from_fn(|axis| corners[0][axis].min(corners[1][axis])),
                std::array::from_fn(|axis| corners[0][axis].max(corners[1][axis])),
            ],
            mean: sum.value / count,
            method: method.clone(),
        })
    };
    classes.iter().filter_map(structure).collect()
}

#[derive(Clone, Copy)]
struct Sum {
    voxels: usize,
    place: Vec3,
    value: f64,
    low: [usize; 3],
    high: [usize; 3],
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            voxels: 0,
            place: [0.0; 3],
            value: 0.0,
            low: [usize::MAX; 3],
            high: [0; 3],
        }
    }
}

impl Sum {
    fn take(&mut self, place: [usize; 3], value: f32) {
        self.voxels += 1;
        self.value += f64::from(value);
        for (axis, index) in place.into_iter().enumerate() {
            self.place[axis] += index as f64;
            self.low[axis] = self.low[axis].min(index);
            self.high[axis] = self.high[axis].max(index);
        }
    }
}

/// The middle slice across the axis along which there are fewest: the axial one of most series.
pub fn middle_slice(volume: &Volume<f32>, labels: &Volume<u8>) -> Summary {
    let across = if volume.shape[0] == 1 || volume.shape[1] == 1 {
        usize::from(volume.shape[0] != 1)
    } else {
        2
    };
    let mut low = [0; 3];
    let mut high = volume.shape.map(|count| count - 1);
    (low[across], high[across]) = (volume.shape[across] / 2, volume.shape[across] / 2);
    let (slice, labels) = (volume.cropped(low, high), labels.cropped(low, high));
    let sides: Vec<usize> = (0..3).filter(|axis| *axis != across).map(|axis| slice.shape[axis]).collect();
    let picture = resized(&slice.data, sides[0], &taps(sides[0], EDGE), &taps(sides[1], EDGE));
    let nearest = |index: usize, count: usize| (index * count + count / 2) / EDGE;
    let labels: Vec<u8> = (0..EDGE * EDGE)
        .map(|at| {
            let (row, column) = (nearest(at / EDGE, sides[1]), nearest(at % EDGE, sides[0]));
            labels.data[row.min(sides[1] - 1) * sides[0] + column.min(sides[0] - 1)]
        })
        .collect();
    let statistics = statistics::of(&picture);
    Summary {
        image_shape: [1, EDGE, EDGE],
        processed_shape: [1, EDGE, EDGE, 1],
        structures: regions(&labels),
        mean_intensity: statistics.mean,
        std_intensity: statistics.std,
        high_intensity_pixels: statistics.high,
        low_intensity_pixels: statistics.low,
    }
}

fn regions(labels: &[u8]) -> Vec<Region> {
    let mut regions = Vec::new();
    let mut occurring = labels.to_vec();
    occurring.sort_unstable();
    occurring.dedup();
    for label in occurring.into_iter().filter(|label| *label != 0) {
        let mask = Mask {
            shape: [EDGE, EDGE, 1],
            data: labels.iter().map(|found| *found == label).collect(),
        };
        let found = Components::of(&mask, Neighbours::All);
        let large = found.parts.iter().filter(|part| part.voxels > SMALLEST_REGION);
        regions.extend(large.map(|part| Region {
            label,
            area: part.voxels,
            centroid: [part.centroid[1], part.centroid[0]],
            bbox: [part.low[1], part.low[0], part.high[1] + 1, part.high[0] + 1],
            eccentricity: eccentricity(&found, part.label),
        }));
    }
    regions.sort_by_key(|region| std::cmp::Reverse(region.area));
    regions.truncate(MOST_REGIONS);
    regions
}

/// From the variances along the principal axes of the region; each pixel is a square, which adds a twelfth.
fn eccentricity(found: &Components, label: u32) -> f64 {
    let pixels: Vec<[f64; 2]> = (0..found.labels.data.len())
        .filter(|at| found.labels.data[*at] == label)
        .map(|at| [(at % EDGE) as f64, (at / EDGE) as f64])
        .collect();
    let count = pixels.len().max(1) as f64;
    let mean = [0, 1].map(|axis: usize| pixels.iter().map(|pixel| pixel[axis]).sum::<f64>() / count);
    let moment = |a: usize, b: usize| pixels.iter().map(|p| (p[a] - mean[a]) * (p[b] - mean[b])).sum::<f64>() / count;
    let (xx, yy, xy) = (moment(0, 0) + 1.0 / 12.0, moment(1, 1) + 1.0 / 12.0, moment(0, 1));
    let root = ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt();
    let (major, minor) = ((xx + yy + root) / 2.0, (xx + yy - root) / 2.0);
    (1.0 - minor / major).clamp(0.0, 1.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::Label;
    use super::*;

    #[test]
    fn regions_are_the_largest_over_a_hundred_pixels_with_their_shapes() {
        let mut labels = vec![0u8; EDGE * EDGE];
        for (at, label) in labels.iter_mut().enumerate() {
            let (row, column) = (at / EDGE, at % EDGE);
            if (row as f64 - 60.0).hypot(column as f64 - 80.0) <= 20.0 {
                *label = Label::Bone as u8;
            }
            if (200..204).contains(&row) && (10..110).contains(&column) {
                *label = Label::Fat as u8;
            }
            if (230..240).contains(&row) && (230..240).contains(&column) {
                *label = Label::Gas as u8;
            }
        }
        let found = regions(&labels);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].label, found[0].centroid, found[0].bbox),
            (Label::Bone as u8, [60.0, 80.0], [40, 60, 81, 101])
        );
        assert!(found[0].eccentricity < 0.05 && found[1].eccentricity > 0.99);
        assert_eq!((found[1].area, found[1].bbox), (400, [200, 10, 204, 110]));
    }
}
