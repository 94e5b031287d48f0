//! Connected components in three dimensions: which voxels hang together, and the size and shape of what they form.

use super::grid::{Mask, Vec3, Volume};

/// Which voxels count as neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbours {
    /// The six that share a face.
    Faces,
    /// All 26.
    All,
}

/// One connected component.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What its voxels are labelled with, from 1.
    pub label: u32,
    pub voxels: usize,
    /// The mean place of its voxels, in voxels.
    pub centroid: Vec3,
    /// The box around it, both corners included.
    pub low: [usize; 3],
    pub high: [usize; 3],
}

/// Every voxel of a mask with the label of its component; 0 outside of the mask.
#[derive(Debug, Clone)]
pub struct Components {
    pub labels: Volume<u32>,
    /// In the order of their labels.
    pub parts: Vec<Part>,
}

impl Components {
    pub fn of(mask: &Mask, neighbours: Neighbours) -> Self {
        let mut labels = Volume::filled(mask.shape, 0u32);
        let mut parts = Vec::new();
        let mut stack = Vec::new();
        for start in 0..mask.data.len() {
            if !mask.data[start] || labels.data[start] != 0 {
                continue;
            }
            let label = parts.len() as u32 + 1;
            let mut growing = Growing::new(mask.shape);
            labels.data[start] = label;
            stack.push(start);
            while let Some(at) = stack.pop() {
                let place = mask.place(at);
                growing.take(place);
                each_neighbour(mask.shape, place, neighbours, |next| {
                    if mask.data[next] && labels.data[next] == 0 {
                        labels.data[next] = label;
                        stack.push(next);
                    }
                });
            }
            parts.push(growing.end(label));
        }
        Self { labels, parts }
    }

    pub fn largest(&self) -> Option<&Part> {
        self.parts.iter().max_by_key(|part| part.voxels)
    }

    /// The positions in memory of the voxels of a part; as much work as the box around it is large.
    pub fn voxels<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = usize> + 'a {
        let lines = (part.low[2]..=part.high[2]).flat_map(|z| (part.low[1]..=part.high[1]).map(move |y| (y, z)));
        lines
            .flat_map(|(y, z)| {
                let start = self.labels.at([part.low[0], y, z]);
                start..=start + part.high[0] - part.low[0]
            })
            .filter(|at| self.labels.data[*at] == part.label)
    }

    /// The voxels of the parts that are wanted.
    pub fn mask(&self, wanted: impl Fn(&Part) -> bool) -> Mask {
        let keep: Vec<bool> = std::iter::once(false).chain(self.parts.iter().map(wanted)).collect();
        self.labels.map(|label| keep[label as usize])
    }
}

struct Growing {
    voxels: usize,
    sum: Vec3,
    low: [usize; 3],
    high: [usize; 3],
}

impl Growing {
    fn new(shape: [usize; 3]) -> Self {
        Self {
            voxels: 0,
            sum: [0.0; 3],
            low: shape,
            high: [0; 3],
        }
    }

    fn take(&mut self, place: [usize; 3]) {
        self.voxels += 1;
        for (axis, index) in place.into_iter().enumerate() {
            self.sum[axis] += index as f64;
            self.low[axis] = self.low[axis].min(index);
            self.high[axis] = self.high[axis].max(index);
        }
    }

    fn end(self, label: u32) -> Part {
        Part {
            label,
            voxels: self.voxels,
            centroid: self.sum.map(|sum| sum / self.voxels.max(1) as f64),
            low: self.low,
            high: self.high,
        }
    }
}

/// Calls `visit` with the position in memory of each neighbour of `place`.
pub fn each_neighbour(shape: [usize; 3], place: [usize; 3], neighbours: Neighbours, mut visit: impl FnMut(usize)) {
    let [columns, rows, slices] = shape;
    let [x, y, z] = place;
    let at = (z * rows + y) * columns + x;
    if neighbours == Neighbours::Faces {
        let faces = [
            (x > 0).then(|| at - 1),
            (x + 1 < columns).then(|| at + 1),
            (y > 0).then(|| at - columns),
            (y + 1 < rows).then(|| at + columns),
            (z > 0).then(|| at - columns * rows),
            (z + 1 < slices).then(|| at + columns * rows),
        ];
        return faces.into_iter().flatten().for_each(visit);
    }
    let range = |index: usize, count: usize| index.saturating_sub(1)..=(index + 1).min(count - 1);
    for z in range(z, slices) {
        for y in range(y, rows) {
            for x in range(x, columns) {
                let next = (z * rows + y) * columns + x;
                if next != at {
                    visit(next);
                }
            }
        }
    }
}

/// Grows labels (from 1; 0 is none) within a mask, all at the same pace, until nothing that they reach is left.
pub fn grow(labels: &mut Volume<u32>, within: &Mask) {
    let mut front: Vec<usize> = (0..labels.data.len()).filter(|at| labels.data[*at] != 0).collect();
    let mut next_front = Vec::new();
    while !front.is_empty() {
        for at in front.drain(..) {
            let label = labels.data[at];
            each_neighbour(within.shape, within.place(at), Neighbours::Faces, |next| {
                if within.data[next] && labels.data[next] == 0 {
                    labels.data[next] = label;
                    next_front.push(next);
                }
            });
        }
        std::mem::swap(&mut front, &mut next_front);
    }
}

/// The variances of places along their principal axes, greatest first, in voxels squared: those of a ball are equal, that of a tube
/// along its axis is much greater than the others. Eigenvalues of the covariance matrix in closed form (Smith, CACM 4:168, 1961).
pub fn principal_variances(places: impl Iterator<Item = Vec3> + Clone) -> Vec3 {
    let count = places.clone().count().max(1) as f64;
    let mean = places.clone().fold([0.0; 3], super::grid::plus).map(|sum| sum / count);
    let mut m = [[0.0; 3]; 3];
    for place in places {
        for row in 0..3 {
            for column in 0..3 {
                m[row][column] += (place[row] - mean[row]) * (place[column] - mean[column]) / count;
            }
        }
    }
    let off = m[0][1].powi(2) + m[0][2].powi(2) + m[1][2].powi(2);
    let q = (m[0][0] + m[1][1] + m[2][2]) / 3.0;
    let spread = (0..3).map(|axis| (m[axis][axis] - q).powi(2)).sum::<f64>() + 2.0 * off;
    if spread <= f64::EPSILON {
        return [q; 3];
    }
    let p = (spread / 6.0).sqrt();
    let b: [[f64; 3]; 3] = std::array::from_fn(|row| {
        std::array::from_fn(|column| (m[row][column] - if row == column { q } else { 0.0 }) / p)
    });
    let half = (super::grid::dot(b[0], super::grid::cross(b[1], b[2])) / 2.0).clamp(-1.0, 1.0);
    let angle = half.acos() / 3.0;
    let greatest = q + 2.0 * p * angle.cos();
    let least = q + 2.0 * p * (angle + 2.0 * std::f64::consts::FRAC_PI_3).cos();
    [greatest, 3.0 * q - greatest - least, least]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(shape: [usize; 3], mut seed: u64) -> Mask {
        let mut mask = Mask::filled(shape, false);
        for cell in &mut mask.data {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *cell = (seed >> 33) % 5 < 2;
        }
        mask
    }

    /// Labels by spreading the smallest index until nothing changes.
    fn brute(mask: &Mask, neighbours: Neighbours) -> Vec<usize> {
        let mut names: Vec<usize> = (1..=mask.data.len()).collect();
        loop {
            let mut changed = false;
            for at in (0..names.len()).filter(|at| mask.data[*at]) {
                let mut least = names[at];
                each_neighbour(mask.shape, mask.place(at), neighbours, |next| {
                    if mask.data[next] {
                        least = least.min(names[next]);
                    }
                });
                changed |= least != names[at];
                names[at] = least;
            }
            if !changed {
                return names;
            }
        }
    }

    #[test]
    fn components_are_those_that_spreading_finds() {
        for (shape, seed) in [([6, 5, 4], 1), ([9, 1, 3], 2), ([1, 1, 1], 7)] {
            let mask = noise(shape, seed);
            for neighbours in [Neighbours::Faces, Neighbours::All] {
                let found = Components::of(&mask, neighbours);
                let names = brute(&mask, neighbours);
                for a in (0..names.len()).filter(|at| mask.data[*at]) {
                    for b in (0..names.len()).filter(|at| mask.data[*at]) {
                        assert_eq!(found.labels.data[a] == found.labels.data[b], names[a] == names[b]);
                    }
                }
                assert_eq!(found.parts.iter().map(|part| part.voxels).sum::<usize>(), mask.count());
            }
        }
    }

    #[test]
    fn variances_tell_a_ball_from_a_tube() {
        let line = (0..9).map(|x| [f64::from(x), 0.0, f64::from(x)]);
        let [along, across, least] = principal_variances(line);
        assert!((along - 2.0 * 60.0 / 9.0).abs() < 1e-9 && across.abs() < 1e-9 && least.abs() < 1e-9);
        let cube = (0..27).map(|at| [f64::from(at % 3), f64::from(at / 3 % 3), f64::from(at / 9)]);
        assert!(principal_variances(cube).iter().all(|variance| (variance - 2.0 / 3.0).abs() < 1e-9));
    }

    #[test]
    fn labels_grow_to_meet_half_way() {
        let within = Mask::filled([7, 1, 1], true);
        let mut labels = Volume::filled([7, 1, 1], 0);
        (labels.data[0], labels.data[6]) = (1, 2);
        grow(&mut labels, &within);
        assert_eq!(labels.data, [1, 1, 1, 1, 2, 2, 2]);
    }
}
