//! Preprocessing: the volume in the network's orientation, spacing and units.

use imaging::analysis::{Analysis, Grid, Volume};

use crate::manifest::MAX_TILE;
use crate::{Input, Layout, ModelError, Normalisation, Shape, Tensor};

/// Voxels of the volume that a network sees, in tiles or whole.
const MAX_VOXELS: usize = 32 << 20;
/// The images may be this much coarser than what the network was trained with before it is told.
const COARSER: f64 = 1.3;

/// A series as the network sees it.
pub struct Prepared {
    pub grid: Grid,
    /// Its axes are which of the analysis, and which of them run the other way.
    pub way: ([usize; 3], [bool; 3]),
    /// Normalised.
    pub volume: Volume<f32>,
    /// What lies beyond it.
    pub padding: f32,
    /// The size of one question: columns, rows, slices.
    pub tile: [usize; 3],
    pub overlap: [usize; 3],
    pub warnings: Vec<String>,
}

impl Input {
    /// Whether series of this Modality and Body Part Examined are for this model.
    pub fn takes(&self, modality: &str, body_part: Option<&str>) -> bool {
        let same = |part: &String| body_part.is_some_and(|given| given.trim().eq_ignore_ascii_case(part));
        self.modalities.iter().any(|known| known == modality)
            && (self.body_parts.is_empty() || self.body_parts.iter().any(same))
    }
}

pub fn prepare(input: &Input, of: &Analysis) -> Result<Prepared, ModelError> {
    let way = way(input, &of.labels.grid);
    let grid = of.labels.grid.reordered(way);
    let shape = target(input, &grid);
    let voxels: f64 = shape.iter().map(|count| *count as f64).product();
    if voxels > MAX_VOXELS as f64 {
        return Err(ModelError::Series(format!(
            "at the spacing of the network it has {} million voxels, more than {}",
            (voxels / 1e6).round(),
            MAX_VOXELS / 1_000_000
        )));
    }
    let tile = tile(input, shape)?;
    let mut volume = of.volume.clone().reordered(way);
    if volume.shape != shape {
        volume = volume.resampled(shape);
    }
    let scale = Scale::of(&input.normalisation, &volume.data);
    let padding = input.padding.unwrap_or(of.results.statistics.least as f32);
    volume.data.iter_mut().for_each(|value| *value = scale.apply(*value));
    let overlap = input.overlap.unwrap_or(tile.map(|length| length / 4));
    Ok(Prepared {
        warnings: coarse(input, &grid),
        grid: grid.resampled(shape),
        way,
        volume,
        padding: scale.apply(padding),
        tile,
        overlap,
    })
}

/// From the axes of the analysis, whatever they are (those of a radiograph run to left, feet and back), to those of the network.
fn way(input: &Input, grid: &Grid) -> ([usize; 3], [bool; 3]) {
    let (order, turned) = grid.towards_lps();
    let wanted = input.orientation;
    (
        wanted.order.map(|axis| order[axis]),
        std::array::from_fn(|axis| turned[wanted.order[axis]] != wanted.turned[axis]),
    )
}

/// How many columns, rows and slices the series has for the network.
fn target(input: &Input, grid: &Grid) -> [usize; 3] {
    match (input.spacing, input.shape) {
        (Some(spacing), _) => std::array::from_fn(|axis| {
            let edge = grid.shape[axis] as f64 * grid.spacing()[axis];
            // A projection is one voxel thin, whatever that is in millimetres.
            let count = (edge / spacing[axis]).round().max(1.0) as usize;
            if grid.shape[axis] == 1 { 1 } else { count }
        }),
        (None, Shape::Fixed(shape) | Shape::MultipleOf(shape)) => match input.layout.position('D') {
            Some(_) => shape,
            None => [shape[0], shape[1], grid.shape[2]],
        },
    }
}

fn tile(input: &Input, shape: [usize; 3]) -> Result<[usize; 3], ModelError> {
    let of = match input.shape {
        Shape::Fixed(tile) => return Ok(tile),
        Shape::MultipleOf(of) => of,
    };
    let deep = input.layout.has("D");
    let length = |axis: usize| {
        if axis == 2 && !deep {
            1
        } else {
            shape[axis].next_multiple_of(of[axis])
        }
    };
    let tile: [usize; 3] = std::array::from_fn(length);
    if tile.iter().product::<usize>() * input.channels > MAX_TILE {
        return Err(ModelError::Series(format!(
            "whole it has {tile:?} voxels, more than one question can hold; a model with input.shape.fixed sees it in tiles"
        )));
    }
    Ok(tile)
}

fn coarse(input: &Input, grid: &Grid) -> Vec<String> {
    let Some(spacing) = input.spacing else {
        return Vec::new();
    };
    let has = grid.spacing();
    let coarser = (0..3).any(|axis| grid.shape[axis] > 1 && has[axis] > COARSER * spacing[axis]);
    let mm = |spacing: [f64; 3]| spacing.map(|mm| format!("{mm:.2}")).join(" x ");
    let sentence = || {
        format!(
            "The model was made for voxels of {} mm and got them interpolated from {} mm: small things are missed.",
            mm(spacing),
            mm(has)
        )
    };
    coarser.then(sentence).into_iter().collect()
}

/// Values are cut to limits, multiplied, and moved.
struct Scale {
    low: f32,
    high: f32,
    factor: f32,
    offset: f32,
}

impl Scale {
    fn of(normalisation: &Normalisation, values: &[f32]) -> Self {
        let whole = |mean: f64, std: f64| Self {
            low: f32::MIN,
            high: f32::MAX,
            factor: (1.0 / std) as f32,
            offset: (-mean / std) as f32,
        };
        match *normalisation {
            Normalisation::None => whole(0.0, 1.0),
            Normalisation::Fixed { mean, std } => whole(f64::from(mean), f64::from(std)),
            Normalisation::ZScore => {
                let count = values.len().max(1) as f64;
                let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
                let variance = values.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / count;
                // An image of one value becomes zeros.
                whole(mean, variance.sqrt().max(1e-6))
            }
            Normalisation::Window { low, high, to } => {
                let factor = (to[1] - to[0]) / (high - low);
                Self {
                    low,
                    high,
                    factor,
                    offset: to[0] - low * factor,
                }
            }
        }
    }

    fn apply(&self, value: f32) -> f32 {
        value.clamp(self.low, self.high) * self.factor + self.offset
    }
}

/// A tensor of the input's layout, filled by voxel.
pub fn tensor(input: &Input, tile: [usize; 3], value: impl Fn([usize; 3]) -> f32) -> Tensor {
    let (shape, strides) = strides(&input.layout, input.channels, tile);
    let stride = |axis: char| input.layout.position(axis).map_or(0, |at| strides[at]);
    let [along_w, along_h, along_d, along_c] = ['W', 'H', 'D', 'C'].map(stride);
    let mut data = vec![0.0; shape.iter().product()];
    for z in 0..tile[2] {
        for y in 0..tile[1] {
            for x in 0..tile[0] {
                let value = value([x, y, z]);
                let at = z * along_d + y * along_h + x * along_w;
                (0..input.channels).for_each(|channel| data[at + channel * along_c] = value);
            }
        }
    }
    Tensor {
        name: input.name.clone(),
        shape,
        data,
    }
}

fn strides(layout: &Layout, channels: usize, tile: [usize; 3]) -> (Vec<usize>, Vec<usize>) {
    let length = |axis: char| match axis {
        'W' => tile[0],
        'H' => tile[1],
        'D' => tile[2],
        'C' => channels,
        _ => 1,
    };
    let shape: Vec<usize> = layout.letters().chars().map(length).collect();
    let strides = (0..shape.len()).map(|at| shape[at + 1..].iter().product()).collect();
    (shape, strides)
}
