//! Mathematical morphology and distances on masks in three dimensions. No kept crate has these for volumes (`imageproc` is for pictures).
//!
//! Outside of the volume nothing is known: it neither grows into the volume nor eats from its edge.

use super::grid::{Mask, Volume};

/// What a box of `reach` voxels to each side around any voxel of the set covers.
pub fn dilated(mask: &Mask, reach: [usize; 3]) -> Mask {
    let mut out = mask.clone();
    for (axis, reach) in reach.into_iter().enumerate().filter(|(_, reach)| *reach > 0) {
        spread(&mut out, axis, reach);
    }
    out
}

/// The voxels around which such a box lies within the set.
pub fn eroded(mask: &Mask, reach: [usize; 3]) -> Mask {
    dilated(&mask.map(|inside| !inside), reach).map(|outside| !outside)
}

/// Spreads the set along one axis: once forwards and once backwards, each cell as far as the last one seen reaches.
fn spread(mask: &mut Mask, axis: usize, reach: usize) {
    let inner: usize = mask.shape[..axis].iter().product();
    let count = mask.shape[axis];
    let block = inner * count;
    if block == 0 {
        return;
    }
    let mut left = vec![0usize; inner];
    for cells in mask.data.chunks_exact_mut(block) {
        let source = cells.to_vec();
        for backwards in [false, true] {
            left.fill(0);
            for step in 0..count {
                let row = if backwards { count - 1 - step } else { step };
                let line = row * inner..(row + 1) * inner;
                for ((cell, source), left) in cells[line.clone()].iter_mut().zip(&source[line]).zip(&mut left) {
                    if *source {
                        *left = reach + 1;
                    }
                    *cell |= *left > 0;
                    *left = left.saturating_sub(1);
                }
            }
        }
    }
}

/// The set and everything that it encloses within each slice across the third axis.
pub fn filled(mask: &Mask) -> Mask {
    let [columns, rows, _] = mask.shape;
    let mut out = mask.clone();
    let mut outside = vec![false; columns * rows];
    let mut stack = Vec::new();
    for slice in out.data.chunks_exact_mut((columns * rows).max(1)) {
        outside.fill(false);
        let edge = (0..columns).flat_map(|x| [x, (rows - 1) * columns + x]);
        let edge = edge.chain((0..rows).flat_map(|y| [y * columns, y * columns + columns - 1]));
        for at in edge {
            if !slice[at] && !outside[at] {
                outside[at] = true;
                stack.push(at);
            }
        }
        while let Some(at) = stack.pop() {
            let (x, y) = (at % columns, at / columns);
            let neighbours = [
                (x > 0).then(|| at - 1),
                (x + 1 < columns).then(|| at + 1),
                (y > 0).then(|| at - columns),
                (y + 1 < rows).then(|| at + columns),
            ];
            for next in neighbours.into_iter().flatten() {
                if !slice[next] && !outside[next] {
                    outside[next] = true;
                    stack.push(next);
                }
            }
        }
        for (cell, outside) in slice.iter_mut().zip(&outside) {
            *cell = !outside;
        }
    }
    out
}

/// The square of the Euclidean distance, in voxels, of each voxel of the set to the nearest voxel that is not of it; very large
/// where there is none. Felzenszwalb and Huttenlocher, Theory of Computing 8 (2012): lower envelopes of parabolas, an axis at a time.
pub fn squared_distance(mask: &Mask) -> Volume<f32> {
    const FAR: f32 = 1e12;
    let mut out = mask.map(|inside| if inside { FAR } else { 0.0 });
    let longest = mask.shape.into_iter().max().unwrap_or(0);
    let mut envelope = Envelope::with_capacity(longest);
    let mut line = vec![0.0; longest];
    for axis in 0..3 {
        let stride: usize = mask.shape[..axis].iter().product();
        let count = mask.shape[axis];
        for start in 0..out.data.len() / count.max(1) {
            let first = start / stride * stride * count + start % stride;
            let cells = (0..count).map(|row| first + row * stride);
            for (value, at) in line.iter_mut().zip(cells.clone()) {
                *value = out.data[at];
            }
            if line[..count].iter().all(|value| *value <= 0.0) {
                continue;
            }
            envelope.of(&line[..count]);
            envelope.read(&line[..count], cells.map(|at| at as u32), &mut out.data);
        }
    }
    out
}

/// The lower envelope of the parabolas that stand on the values of one line.
struct Envelope {
    feet: Vec<usize>,
    borders: Vec<f32>,
}

impl Envelope {
    fn with_capacity(length: usize) -> Self {
        Self {
            feet: Vec::with_capacity(length),
            borders: Vec::with_capacity(length),
        }
    }

    fn of(&mut self, line: &[f32]) {
        self.feet.clear();
        self.borders.clear();
        for (foot, height) in line.iter().enumerate() {
            let mut border = f32::NEG_INFINITY;
            while let Some(&last) = self.feet.last() {
                let rise = height - line[last];
                border = rise / (2 * (foot - last)) as f32 + (foot + last) as f32 / 2.0;
                if self.borders.last().is_some_and(|previous| border <= *previous) {
                    self.feet.pop();
                    self.borders.pop();
                    border = f32::NEG_INFINITY;
                } else {
                    break;
                }
            }
            self.feet.push(foot);
            self.borders.push(border);
        }
    }

    fn read(&self, line: &[f32], cells: impl Iterator<Item = u32>, out: &mut [f32]) {
        let mut part = 0;
        for (row, at) in cells.enumerate() {
            while self.borders.get(part + 1).is_some_and(|border| *border < row as f32) {
                part += 1;
            }
            let foot = self.feet[part];
            let away = row.abs_diff(foot) as f32;
            out[at as usize] = away * away + line[foot];
        }
    }
}

/// The mean of the cube of three voxels around each voxel; at the edge, of what there is of it.
pub fn smoothed(volume: &Volume<f32>) -> Volume<f32> {
    let mut out = volume.clone();
    for axis in 0..3 {
        let stride: usize = out.shape[..axis].iter().product();
        let count = out.shape[axis];
        let block = stride * count;
        if block == 0 || count < 2 {
            continue;
        }
        for cells in out.data.chunks_exact_mut(block) {
            let source = cells.to_vec();
            for row in 0..count {
                let (before, after) = (row.saturating_sub(1), (row + 1).min(count - 1));
                let share = 1.0 / (after - before + 1) as f32;
                for inner in 0..stride {
                    let sum: f32 = (before..=after).map(|near| source[near * stride + inner]).sum();
                    cells[row * stride + inner] = sum * share;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reproducible mask that is set at about one voxel of `one_of`.
    fn random(shape: [usize; 3], one_of: u64, mut seed: u64) -> Mask {
        let mut mask = Mask::filled(shape, false);
        for cell in &mut mask.data {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *cell = (seed >> 33).is_multiple_of(one_of);
        }
        mask
    }

    const SHAPES: [[usize; 3]; 4] = [[7, 6, 5], [1, 9, 3], [8, 1, 1], [1, 1, 1]];

    #[test]
    fn dilation_and_erosion_agree_with_looking_at_every_neighbour() {
        for shape in SHAPES {
            let mask = random(shape, 5, 3);
            let reach = [2, 1, 1];
            let near = |a: [usize; 3], b: [usize; 3]| (0..3).all(|axis| a[axis].abs_diff(b[axis]) <= reach[axis]);
            let (grown, shrunk) = (dilated(&mask, reach), eroded(&mask.map(|inside| !inside), reach));
            for at in 0..mask.data.len() {
                let any = (0..mask.data.len()).any(|other| mask.data[other] && near(mask.place(at), mask.place(other)));
                assert_eq!((grown.data[at], shrunk.data[at]), (any, !any));
            }
        }
    }

    #[test]
    fn distances_agree_with_the_nearest_of_all_voxels() {
        for (shape, one_of) in SHAPES.into_iter().flat_map(|shape| [(shape, 2), (shape, 9)]) {
            let mask = random(shape, one_of, 11).map(|hole| !hole);
            let distance = squared_distance(&mask);
            for at in 0..mask.data.len() {
                let away = |other: usize| {
                    let (a, b) = (mask.place(at), mask.place(other));
                    (0..3).map(|axis| a[axis].abs_diff(b[axis]).pow(2)).sum::<usize>()
                };
                let nearest = (0..mask.data.len()).filter(|other| !mask.data[*other]).map(away).min();
                match nearest {
                    Some(nearest) => assert!((distance.data[at] - nearest as f32).abs() < 1e-3),
                    None => assert!(distance.data[at] > 1e9),
                }
            }
        }
    }

    #[test]
    fn holes_are_filled_within_slices_and_bays_are_not() {
        let rows = ["#####", "#...#", "#.###", "#.#..", "###.."];
        let mask = Mask {
            shape: [5, 5, 1],
            data: rows.concat().chars().map(|cell| cell == '#').collect(),
        };
        let rows: String = filled(&mask).data.iter().map(|cell| if *cell { '#' } else { '.' }).collect();
        assert_eq!(rows, ["#####", "#####", "#####", "###..", "###.."].concat());
    }

    #[test]
    fn smoothing_takes_the_mean_of_the_cube() {
        let mut volume = Volume::filled([5, 5, 5], 0.0f32);
        volume.data[62] = 27.0;
        let smooth = smoothed(&volume);
        assert!((smooth.get([1, 1, 1]) - 1.0).abs() < 1e-5 && smooth.get([0, 2, 2]) == 0.0);
        assert!((smooth.data.iter().sum::<f32>() - 27.0).abs() < 1e-3);
    }
}
