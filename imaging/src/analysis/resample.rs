//! The same volume on more or fewer voxels. A triangle filter as wide as the reduction averages where voxels become larger and
//! interpolates where they become smaller.

use super::grid::{Grid, Volume, scaled};

impl Grid {
    /// The grid of `shape` voxels that fills the same space.
    pub fn resampled(&self, shape: [usize; 3]) -> Grid {
        let ratio: [f64; 3] = std::array::from_fn(|axis| self.shape[axis] as f64 / shape[axis] as f64);
        Grid {
            shape,
            // Voxels are centred: the first new centre lies half a new step from the edge where the first old one lies half an old step.
            origin: self.point(ratio.map(|ratio| (ratio - 1.0) / 2.0)),
            axes: std::array::from_fn(|axis| scaled(self.axes[axis], ratio[axis])),
        }
    }
}

impl Volume<f32> {
    /// The values on the voxels of [`Grid::resampled`].
    pub fn resampled(&self, shape: [usize; 3]) -> Volume<f32> {
        let [columns, rows, slices] = std::array::from_fn(|axis| taps(self.shape[axis], shape[axis]));
        let mut out = Volume::filled(shape, 0.0f32);
        let (from, to) = (self.shape[0] * self.shape[1], shape[0] * shape[1]);
        for (slice, plane) in self.data.chunks_exact(from).enumerate() {
            let plane = resized(plane, self.shape[0], &columns, &rows);
            for (tap, sums) in slices.iter().zip(out.data.chunks_exact_mut(to)) {
                if let Some(weight) = slice.checked_sub(tap.start).and_then(|at| tap.weights.get(at)) {
                    sums.iter_mut().zip(&plane).for_each(|(sum, value)| *sum += value * weight);
                }
            }
        }
        out
    }
}

/// The source cells of one target cell: `weights.len()` of them from `start` on.
pub struct Taps {
    pub start: usize,
    pub weights: Vec<f32>,
}

/// From `from` cells to `to` cells over the same length.
pub fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let support = scale.max(1.0);
    let target = |index: usize| {
        // Beyond the outermost centres the outermost cells go on.
        let centre = ((index as f64 + 0.5) * scale - 0.5).clamp(0.0, from as f64 - 1.0);
        let start = (centre - support).floor().max(0.0) as usize;
        let end = ((centre + support).ceil() as usize + 1).min(from);
        let weight = |source: usize| (1.0 - (source as f64 - centre).abs() / support).max(0.0);
        let sum: f64 = (start..end).map(weight).sum();
        let weights = (start..end).map(|source| (weight(source) / sum) as f32).collect();
        Taps { start, weights }
    };
    (0..to).map(target).collect()
}

/// A plane of values, `width` a row, on the cells that the taps make.
pub fn resized(values: &[f32], width: usize, columns: &[Taps], rows: &[Taps]) -> Vec<f32> {
    let mut narrow = Vec::with_capacity(values.len() / width.max(1) * columns.len());
    for row in values.chunks_exact(width) {
        narrow.extend(columns.iter().map(|tap| {
            let source = row[tap.start..].iter().zip(&tap.weights);
            source.map(|(value, weight)| value * weight).sum::<f32>()
        }));
    }
    let mut out = vec![0.0f32; columns.len() * rows.len()];
    for (tap, line) in rows.iter().zip(out.chunks_exact_mut(columns.len())) {
        for (source, weight) in narrow.chunks_exact(columns.len()).skip(tap.start).zip(&tap.weights) {
            for (sum, value) in line.iter_mut().zip(source) {
                *sum += value * weight;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_stays_where_it_is_in_the_patient() {
        let grid = Grid {
            shape: [12, 8, 20],
            origin: [3.0, -4.0, 5.0],
            axes: [[2.0, 0.0, 0.0], [0.0, 1.5, 0.0], [0.0, 0.0, 1.0]],
        };
        let mut ramp = Volume::filled(grid.shape, 0.0f32);
        for at in 0..ramp.data.len() {
            let [x, y, z] = grid.point(ramp.place(at).map(|index| index as f64));
            ramp.data[at] = (x + 2.0 * y - z) as f32;
        }
        for shape in [[6, 8, 5], [24, 16, 40], [9, 5, 31]] {
            let (there, values) = (grid.resampled(shape), ramp.resampled(shape));
            let edges = |grid: &Grid| -> [f64; 3] { std::array::from_fn(|a| grid.spacing()[a] * grid.shape[a] as f64) };
            assert!((0..3).all(|axis| (edges(&there)[axis] - edges(&grid)[axis]).abs() < 1e-9));
            let middle: [usize; 3] = shape.map(|count| count / 2);
            let [x, y, z] = there.point(middle.map(|index| index as f64));
            assert!(
                (f64::from(values.get(middle)) - (x + 2.0 * y - z)).abs() < 1e-3,
                "{shape:?}"
            );
        }
    }
}
