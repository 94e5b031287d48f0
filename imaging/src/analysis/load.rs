//! From decoded samples to a volume of bounded size: each slice is brought to units, averaged or interpolated onto an isotropic grid as
//! it comes in, and forgotten. A triangle filter as wide as the reduction does both (as `render::resize` does for pictures).

use super::grid::{Grid, Volume};
use super::header::ImageHeader;
use super::resample::{resized, taps};
use super::stack::Stack;
use super::{AnalysisError, Kind, Options, Source, Stage};
use crate::pixels::{SampleData, Samples};

/// The Hounsfield unit of what was not measured: air.
const OUTSIDE_HU: f32 = -1024.0;
/// Hounsfield units beyond which scanners are not calibrated.
const GREATEST_HU: f32 = 32_000.0;

/// A series in memory, its axes nearest to left, back and head.
pub struct Loaded {
    pub grid: Grid,
    pub volume: Volume<f32>,
    pub clipping: Clipping,
}

/// How many samples of the middle half of the images have the least and the greatest value that can be stored.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Clipping {
    pub samples: u64,
    pub at_least: u64,
    pub at_greatest: u64,
}

/// The grid that the analysis works on: isotropic, not finer than the finest axis of the source, within the budget of voxels.
fn working_grid(source: &Grid, options: &Options) -> Grid {
    let spacing = source.spacing();
    let edges: [f64; 3] = std::array::from_fn(|axis| spacing[axis] * source.shape[axis] as f64);
    let counts = |step: f64| -> [usize; 3] {
        std::array::from_fn(|axis| match source.shape[axis] {
            1 => 1,
            _ => (edges[axis] / step).round().max(1.0) as usize,
        })
    };
    let resolved = (0..3).filter(|axis| source.shape[*axis] > 1);
    let finest = resolved.map(|axis| spacing[axis]).fold(f64::INFINITY, f64::min);
    let mut step = finest.max(options.finest_mm).min(50.0);
    let affordable =
        |step: f64| counts(step).iter().map(|count| *count as f64).product::<f64>() <= options.voxels as f64;
    while !affordable(step) {
        step *= 1.05;
    }
    source.resampled(counts(step))
}

/// Reads all slices of the stack.
///
/// # Errors
/// `Pixels` when an image cannot be decoded or is not what its header says, `Cancelled`.
pub fn load(
    headers: &[ImageHeader],
    stack: &Stack,
    read: &mut Source,
    options: &Options,
    progress: &super::Progress,
) -> Result<Loaded, AnalysisError> {
    let grid = working_grid(&stack.grid, options);
    let [columns, rows, slices] = std::array::from_fn(|axis| taps(stack.grid.shape[axis], grid.shape[axis]));
    let mut volume = Volume::filled(grid.shape, 0.0f32);
    let mut clipping = Clipping::default();
    let area = grid.shape[0] * grid.shape[1];
    for (slice, &image) in stack.order.iter().enumerate() {
        progress(Stage::Loading, slice as f32 / stack.order.len() as f32)?;
        let header = &headers[image];
        let samples = read(image).map_err(|error| AnalysisError::Pixels { image, error })?;
        let values = units(header, &samples, stack.kind, &mut clipping).ok_or_else(|| {
            let error = crate::pixels::PixelError::Invalid {
                attribute: "Rows, Columns",
                value: format!("{} x {}", samples.rows, samples.columns),
                rule: "the decoded image must have the size and the one channel that its header says",
            };
            AnalysisError::Pixels { image, error }
        })?;
        let plane = resized(&values, header.columns as usize, &columns, &rows);
        for (at, tap) in slices.iter().enumerate() {
            let weight = slice.checked_sub(tap.start).and_then(|offset| tap.weights.get(offset));
            let Some(weight) = weight.filter(|weight| **weight > 0.0) else {
                continue;
            };
            for (sum, value) in volume.data[at * area..(at + 1) * area].iter_mut().zip(&plane) {
                *sum += value * weight;
            }
        }
    }
    let way = match stack.kind {
        Kind::Ct | Kind::Mr => grid.towards_lps(),
        Kind::Radiograph => ([0, 1, 2], [false; 3]),
    };
    Ok(Loaded {
        grid: grid.reordered(way),
        volume: volume.reordered(way),
        clipping,
    })
}

/// The samples of one image in units; `None` when they are not what the header says.
fn units(header: &ImageHeader, samples: &Samples, kind: Kind, clipping: &mut Clipping) -> Option<Vec<f32>> {
    let [columns, rows] = [header.columns as usize, header.rows as usize];
    let fits = samples.channels == 1 && samples.data.len() == columns * rows && samples.columns == header.columns;
    if !fits {
        return None;
    }
    let mut values = match &samples.data {
        SampleData::U8(v) => converted(header, kind, v.iter().map(|s| f64::from(*s))),
        SampleData::I8(v) => converted(header, kind, v.iter().map(|s| f64::from(*s))),
        SampleData::U16(v) => converted(header, kind, v.iter().map(|s| f64::from(*s))),
        SampleData::I16(v) => converted(header, kind, v.iter().map(|s| f64::from(*s))),
        SampleData::U32(v) => converted(header, kind, v.iter().map(|s| f64::from(*s))),
        SampleData::I32(v) => converted(header, kind, v.iter().map(|s| f64::from(*s))),
        SampleData::F32(v) => converted(header, kind, v.iter().map(|s| f64::from(*s))),
        SampleData::F64(v) => converted(header, kind, v.iter().copied()),
    };
    let [least, greatest] = header.stored.map(|stored| header.units.apply(stored) as f32);
    for y in rows / 4..rows - rows / 4 {
        for value in &values[y * columns + columns / 4..(y + 1) * columns - columns / 4] {
            clipping.samples += 1;
            clipping.at_least += u64::from(*value <= least.min(greatest));
            clipping.at_greatest += u64::from(*value >= greatest.max(least));
        }
    }
    if header.inverted {
        // More absorption is brighter from here on, as MONOCHROME2 radiographs show it.
        values.iter_mut().for_each(|value| *value = least + greatest - *value);
    }
    Some(values)
}

fn converted(header: &ImageHeader, kind: Kind, stored: impl Iterator<Item = f64>) -> Vec<f32> {
    let outside = match kind {
        Kind::Ct => OUTSIDE_HU,
        Kind::Mr | Kind::Radiograph => 0.0,
    };
    let one = |stored: f64| {
        let padded = header.padding.is_some_and(|[low, high]| (low..=high).contains(&stored));
        let value = header.units.apply(stored) as f32;
        match kind {
            _ if padded || !value.is_finite() => outside,
            Kind::Ct => value.clamp(OUTSIDE_HU, GREATEST_HU),
            Kind::Mr | Kind::Radiograph => value,
        }
    };
    stored.map(one).collect()
}
