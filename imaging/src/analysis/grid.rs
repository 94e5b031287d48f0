//! Where voxels are in the patient, and volumes of them: everything else in `analysis` counts voxels and asks here for millimetres.
//!
//! Patient coordinates are those of PS3.3 C.7.6.2.1.1: x to the left, y to the back, z to the head, in millimetres.

use serde::{Deserialize, Serialize};

pub type Vec3 = [f64; 3];

pub fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

pub fn scaled(a: Vec3, by: f64) -> Vec3 {
    a.map(|part| part * by)
}

pub fn plus(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub fn minus(a: Vec3, b: Vec3) -> Vec3 {
    plus(a, scaled(b, -1.0))
}

pub fn length(a: Vec3) -> f64 {
    dot(a, a).sqrt()
}

/// A lattice of voxels in the patient; it may be sheared (gantry tilt).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Voxels along each axis.
    pub shape: [usize; 3],
    /// The centre of voxel (0, 0, 0), in mm.
    pub origin: Vec3,
    /// The step from one voxel to the next along each axis, in mm.
    pub axes: [Vec3; 3],
}

impl Grid {
    pub fn voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// The length of a step along each axis, in mm.
    pub fn spacing(&self) -> Vec3 {
        self.axes.map(length)
    }

    /// The volume of a voxel, in millilitres.
    pub fn voxel_ml(&self) -> f64 {
        self.determinant().abs() / 1000.0
    }

    /// The patient position of a place between voxels, in mm.
    pub fn point(&self, index: Vec3) -> Vec3 {
        let steps = (0..3).map(|axis| scaled(self.axes[axis], index[axis]));
        steps.fold(self.origin, plus)
    }

    /// The inverse of [`Grid::point`].
    pub fn place_of(&self, point: Vec3) -> Vec3 {
        let (offset, rows) = self.inverse();
        std::array::from_fn(|axis| offset[axis] + dot(rows[axis], point))
    }

    /// The same, as offset and rows of a matrix: `index[i] = offset[i] + dot(rows[i], point)`.
    /// The constructors of this crate make no singular grid.
    fn inverse(&self) -> (Vec3, [Vec3; 3]) {
        let [a, b, c] = self.axes;
        let scale = 1.0 / self.determinant();
        let rows = [cross(b, c), cross(c, a), cross(a, b)].map(|row| scaled(row, scale));
        (rows.map(|row| -dot(row, self.origin)), rows)
    }

    fn determinant(&self) -> f64 {
        let [a, b, c] = self.axes;
        dot(a, cross(b, c))
    }

    /// The place in this grid of each place of `other`: offset and, per axis of `other`, the step.
    pub fn map_from(&self, other: &Grid) -> (Vec3, [Vec3; 3]) {
        let (offset, rows) = self.inverse();
        let start = std::array::from_fn(|axis| offset[axis] + dot(rows[axis], other.origin));
        let steps = other.axes.map(|step| rows.map(|row| dot(row, step)));
        (start, steps)
    }

    /// The directions in which the axes rise, such as `LPS` (PS3.3 C.7.6.1.1.1): Left, Right, Anterior, Posterior, Superior, Inferior.
    pub fn orientation(&self) -> String {
        self.axes.iter().map(|axis| direction(*axis)).collect()
    }

    /// The permutation and the signs that bring the axes nearest to left, back and head: new axis `i` is old axis `order[i]`.
    pub fn towards_lps(&self) -> ([usize; 3], [bool; 3]) {
        const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let unit = self.axes.map(|axis| scaled(axis, 1.0 / length(axis)));
        let fit = |order: &[usize; 3]| (0..3).map(|axis| unit[order[axis]][axis].abs()).sum::<f64>();
        let best = ORDERS.iter().copied().fold(ORDERS[0], |best, order| {
            // A tie keeps the order that the series has.
            if fit(&order) > fit(&best) + 1e-9 { order } else { best }
        });
        (best, std::array::from_fn(|axis| unit[best[axis]][axis] < 0.0))
    }

    /// This grid with its axes permuted and turned as [`Grid::towards_lps`] says.
    pub fn reordered(&self, (order, turned): ([usize; 3], [bool; 3])) -> Grid {
        let mut grid = *self;
        for axis in 0..3 {
            let from = order[axis];
            grid.shape[axis] = self.shape[from];
            grid.axes[axis] = self.axes[from];
            if turned[axis] {
                let last = self.shape[from].saturating_sub(1) as f64;
                grid.origin = plus(grid.origin, scaled(self.axes[from], last));
                grid.axes[axis] = scaled(self.axes[from], -1.0);
            }
        }
        grid
    }
}

fn direction(axis: Vec3) -> char {
    const LETTERS: [(char, char); 3] = [('L', 'R'), ('P', 'A'), ('S', 'I')];
    let largest = (0..3).fold(0, |best, part| {
        if axis[part].abs() > axis[best].abs() {
            part
        } else {
            best
        }
    });
    if axis[largest] >= 0.0 {
        LETTERS[largest].0
    } else {
        LETTERS[largest].1
    }
}

/// Values on a lattice, the first axis fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume<T> {
    pub shape: [usize; 3],
    pub data: Vec<T>,
}

/// A set of voxels.
pub type Mask = Volume<bool>;

impl<T: Copy> Volume<T> {
    pub fn filled(shape: [usize; 3], value: T) -> Self {
        Self {
            shape,
            data: vec![value; shape.iter().product()],
        }
    }

    pub fn at(&self, [x, y, z]: [usize; 3]) -> usize {
        (z * self.shape[1] + y) * self.shape[0] + x
    }

    pub fn get(&self, index: [usize; 3]) -> T {
        self.data[self.at(index)]
    }

    /// The inverse of [`Volume::at`].
    pub fn place(&self, at: usize) -> [usize; 3] {
        let [columns, rows, _] = self.shape;
        [at % columns, at / columns % rows, at / columns / rows]
    }

    pub fn map<U>(&self, function: impl Fn(T) -> U) -> Volume<U> {
        Volume {
            shape: self.shape,
            data: self.data.iter().map(|value| function(*value)).collect(),
        }
    }

    pub fn zip<U: Copy, V>(&self, other: &Volume<U>, function: impl Fn(T, U) -> V) -> Volume<V> {
        Volume {
            shape: self.shape,
            data: self.data.iter().zip(&other.data).map(|(a, b)| function(*a, *b)).collect(),
        }
    }

    /// The voxels of a box, both corners included; the corners must lie within the volume.
    pub fn cropped(&self, low: [usize; 3], high: [usize; 3]) -> Volume<T> {
        let shape: [usize; 3] = std::array::from_fn(|axis| high[axis] + 1 - low[axis]);
        let mut data = Vec::with_capacity(shape.iter().product());
        for z in low[2]..=high[2] {
            for y in low[1]..=high[1] {
                let start = self.at([low[0], y, z]);
                data.extend_from_slice(&self.data[start..start + shape[0]]);
            }
        }
        Volume { shape, data }
    }

    /// The values in the order of [`Grid::reordered`].
    pub fn reordered(self, (order, turned): ([usize; 3], [bool; 3])) -> Volume<T> {
        if order == [0, 1, 2] && turned == [false; 3] {
            return self;
        }
        let strides = [1, self.shape[0], self.shape[0] * self.shape[1]];
        let shape: [usize; 3] = order.map(|from| self.shape[from]);
        let along = |axis: usize, index: usize| {
            let from = order[axis];
            strides[from] * if turned[axis] { shape[axis] - 1 - index } else { index }
        };
        let mut data = Vec::with_capacity(self.data.len());
        for z in 0..shape[2] {
            for y in 0..shape[1] {
                let line = along(2, z) + along(1, y);
                data.extend((0..shape[0]).map(|x| self.data[line + along(0, x)]));
            }
        }
        Volume { shape, data }
    }
}

impl Mask {
    pub fn count(&self) -> usize {
        self.data.iter().filter(|inside| **inside).count()
    }

    /// The smallest box around the set, both corners included.
    pub fn bounds(&self) -> Option<([usize; 3], [usize; 3])> {
        let (mut low, mut high) = (self.shape, [0; 3]);
        for at in (0..self.data.len()).filter(|at| self.data[*at]) {
            let place = self.place(at);
            for axis in 0..3 {
                low[axis] = low[axis].min(place[axis]);
                high[axis] = high[axis].max(place[axis]);
            }
        }
        (low[0] <= high[0]).then_some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Axes of a sagittal series: columns run to the back, rows to the feet, slices to the right.
    fn sagittal() -> Grid {
        Grid {
            shape: [2, 3, 4],
            origin: [10.0, 20.0, 30.0],
            axes: [[0.0, 2.0, 0.0], [0.0, 0.0, -3.0], [-5.0, 0.0, 0.0]],
        }
    }

    #[test]
    fn a_place_is_found_again_from_its_millimetres() {
        let grid = sagittal();
        let (start, steps) = grid.map_from(&grid);
        assert_eq!(start, [0.0; 3]);
        for (axis, step) in steps.iter().enumerate() {
            assert!((0..3).all(|part| (step[part] - f64::from(u8::from(part == axis))).abs() < 1e-12));
        }
        assert_eq!(grid.point([1.0, 1.0, 1.0]), [5.0, 22.0, 27.0]);
        assert!((grid.voxel_ml() - 0.03).abs() < 1e-12);
    }

    #[test]
    fn reordering_turns_axes_to_left_back_and_head_and_moves_no_voxel() {
        let grid = sagittal();
        assert_eq!(grid.orientation(), "PIR");
        let way = grid.towards_lps();
        let turned = grid.reordered(way);
        assert_eq!((turned.orientation().as_str(), turned.shape), ("LPS", [4, 2, 3]));
        let values = Volume {
            shape: grid.shape,
            data: (0..24).collect::<Vec<i32>>(),
        };
        let moved = values.clone().reordered(way);
        let (start, steps) = grid.map_from(&turned);
        for at in 0..24 {
            let place = moved.place(at).map(|index| index as f64);
            let source = (0..3).fold(start, |sum, axis| plus(sum, scaled(steps[axis], place[axis])));
            assert_eq!(values.get(source.map(|index| index.round() as usize)), moved.data[at]);
        }
    }
}
