//! Monochrome frames: one table from stored value to grey level for up to 16 bits, the formula itself beyond.

use dicom_dictionary_std::tags;

use super::Window;
use super::lut::{Function, Modality, Voi};
use crate::dataset::DataSet;
use crate::pixels::{Photometric, PixelDescription, SampleData, Samples};

/// Renders a monochrome frame to 8-bit grey levels.
pub fn render(
    header: &DataSet,
    desc: &PixelDescription,
    samples: &Samples,
    index: u32,
    window: Option<Window>,
) -> Vec<u8> {
    let modality = Modality::of_frame(header, index, desc.signed);
    let padding = Padding::of(header, desc);
    let extremes = extremes(&samples.data, padding);
    let voi = window
        .and_then(|window| Voi::window(window, Function::Linear))
        .or_else(|| {
            Voi::of_frame(
                header,
                index,
                modality.apply(extremes.0).min(modality.apply(extremes.1)) < 0.0,
            )
        })
        .unwrap_or_else(|| full_range(desc, &modality, extremes));
    let inverted = samples.photometric == Photometric::Monochrome1
        || header.text(tags::PRESENTATION_LUT_SHAPE).as_deref() == Some("INVERSE");
    let level = |stored: f64| {
        let brightness = voi.brightness(modality.apply(stored));
        let brightness = if inverted { 1.0 - brightness } else { brightness };
        (brightness * 255.0 + 0.5) as u8
    };
    match &samples.data {
        SampleData::U8(v) => by_table(v, 256, usize::from, |index| level(index as f64)),
        SampleData::I8(v) => by_table(
            v,
            256,
            |s| usize::from(s as u8),
            |index| level(f64::from(index as u8 as i8)),
        ),
        SampleData::U16(v) => by_table(v, 65_536, usize::from, |index| level(index as f64)),
        SampleData::I16(v) => by_table(
            v,
            65_536,
            |s| usize::from(s as u16),
            |index| level(f64::from(index as u16 as i16)),
        ),
        SampleData::U32(v) => v.iter().map(|s| level(f64::from(*s))).collect(),
        SampleData::I32(v) => v.iter().map(|s| level(f64::from(*s))).collect(),
        SampleData::F32(v) => v.iter().map(|s| level(f64::from(*s))).collect(),
        SampleData::F64(v) => v.iter().map(|s| level(*s)).collect(),
    }
}

/// Fills a table of `size` levels between the least and the greatest index that occur, and maps every sample through it.
fn by_table<T: Copy + Ord>(
    samples: &[T],
    size: usize,
    index: impl Fn(T) -> usize,
    level: impl Fn(usize) -> u8,
) -> Vec<u8> {
    let Some((least, greatest)) = bounds(samples) else {
        return Vec::new();
    };
    let mut table = vec![0u8; size];
    let mut at = index(least);
    loop {
        table[at] = level(at);
        if at == index(greatest) {
            break;
        }
        at = (at + 1) % size;
    }
    samples.iter().map(|sample| table[index(*sample)]).collect()
}

fn full_range(desc: &PixelDescription, modality: &Modality, (least, greatest): (f64, f64)) -> Voi {
    if desc.bits_allocated == 1 {
        return Voi::Range {
            least: 0.0,
            greatest: 1.0,
        };
    }
    let (a, b) = (modality.apply(least), modality.apply(greatest));
    Voi::Range {
        least: a.min(b),
        greatest: a.max(b),
    }
}

/// Stored values that are background and say nothing about the range (PS3.3 C.7.5.1.1.2).
#[derive(Clone, Copy)]
struct Padding(Option<(f64, f64)>);

impl Padding {
    fn of(header: &DataSet, desc: &PixelDescription) -> Self {
        let stored = |tag| {
            let value = header.int(tag)?;
            let wrapped = desc.signed && value >= 1 << (desc.bits_allocated.min(62) - 1);
            Some(if wrapped {
                value - (1 << desc.bits_allocated.min(62))
            } else {
                value
            } as f64)
        };
        let value = stored(tags::PIXEL_PADDING_VALUE);
        Self(value.map(|value| {
            let limit = stored(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(value);
            (value.min(limit), value.max(limit))
        }))
    }

    fn contains(self, stored: f64) -> bool {
        self.0.is_some_and(|(least, greatest)| (least..=greatest).contains(&stored))
    }
}

/// The least and the greatest stored value that is not padding; (0, 0) when there is none.
fn extremes(data: &SampleData, padding: Padding) -> (f64, f64) {
    match data {
        SampleData::U8(v) => integer_extremes(v, padding),
        SampleData::I8(v) => integer_extremes(v, padding),
        SampleData::U16(v) => integer_extremes(v, padding),
        SampleData::I16(v) => integer_extremes(v, padding),
        SampleData::U32(v) => integer_extremes(v, padding),
        SampleData::I32(v) => integer_extremes(v, padding),
        SampleData::F32(v) => float_extremes(v.iter().map(|s| f64::from(*s)), padding),
        SampleData::F64(v) => float_extremes(v.iter().copied(), padding),
    }
}

fn integer_extremes<T: Copy + Ord + Into<f64>>(samples: &[T], padding: Padding) -> (f64, f64) {
    if padding.0.is_some() {
        return float_extremes(samples.iter().map(|sample| (*sample).into()), padding);
    }
    bounds(samples).map_or((0.0, 0.0), |(least, greatest)| (least.into(), greatest.into()))
}

/// The least and the greatest sample; a plain fold, which the compiler vectorises.
fn bounds<T: Copy + Ord>(samples: &[T]) -> Option<(T, T)> {
    let first = *samples.first()?;
    Some(samples.iter().fold((first, first), |(least, greatest), sample| {
        (least.min(*sample), greatest.max(*sample))
    }))
}

fn float_extremes(samples: impl Iterator<Item = f64>, padding: Padding) -> (f64, f64) {
    let (least, greatest) = samples
        .filter(|sample| sample.is_finite() && !padding.contains(*sample))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), sample| {
            (least.min(sample), greatest.max(sample))
        });
    if least <= greatest {
        (least, greatest)
    } else {
        (0.0, 0.0)
    }
}
