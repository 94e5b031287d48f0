//! PALETTE COLOR: stored values are indices into three tables (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, segmented ones C.7.9.2).

use dicom_dictionary_std::tags;

use super::lut::{entries, entry_count, first_mapped};
use crate::dataset::{DataSet, Tag};
use crate::pixels::{PixelDescription, PixelError, SampleData, Samples};

const CHANNELS: [(&str, Tag, Tag, Tag); 3] = [
    (
        "Red Palette Color Lookup Table",
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
    (
        "Green Palette Color Lookup Table",
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
    (
        "Blue Palette Color Lookup Table",
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
];

/// Renders palette indices to RGB.
///
/// # Errors
/// `Missing` without tables, `Invalid` when a table is shorter than its descriptor says or its segments are broken.
pub fn render(header: &DataSet, desc: &PixelDescription, samples: &Samples) -> Result<Vec<u8>, PixelError> {
    let mut first = 0;
    let mut tables = Vec::with_capacity(3);
    for (name, descriptor, data, segmented) in CHANNELS {
        let descriptor = header.ints(descriptor);
        let [count, first_value, bits] = descriptor.get(..3).ok_or(PixelError::Missing(name))? else {
            return Err(PixelError::Missing(name));
        };
        let broken = || PixelError::Invalid {
            attribute: name,
            value: "broken".to_owned(),
            rule: "its data must fill its descriptor",
        };
        let count = entry_count(*count);
        let words = match (header.bytes(data), header.bytes(segmented)) {
            (Some(bytes), _) => entries(bytes, count).ok_or_else(broken)?,
            (None, Some(bytes)) => expand_segments(bytes, count, *bits == 8).ok_or_else(broken)?,
            (None, None) => return Err(PixelError::Missing(name)),
        };
        first = first_mapped(*first_value, desc.signed);
        tables.push((words, *bits));
    }
    // Descriptors of 16 bits over tables of 8-bit entries are common: the entries decide.
    let wide = tables.iter().any(|(words, bits)| *bits > 8 && words.iter().any(|word| *word > 255));
    let shift = if wide { 8 } else { 0 };
    let length = tables.iter().map(|(words, _)| words.len()).min().unwrap_or(0);
    let colours: Vec<[u8; 3]> = (0..length)
        .map(|at| [0, 1, 2].map(|channel| (tables[channel].0[at] >> shift).min(255) as u8))
        .collect();
    let colour = |index: i64| colours[index.saturating_sub(first).clamp(0, length as i64 - 1) as usize];
    Ok(match &samples.data {
        SampleData::U8(v) => pixels(v, colour),
        SampleData::I8(v) => pixels(v, colour),
        SampleData::U16(v) => pixels(v, colour),
        SampleData::I16(v) => pixels(v, colour),
        SampleData::U32(v) => pixels(v, colour),
        SampleData::I32(v) => pixels(v, colour),
        SampleData::F32(_) | SampleData::F64(_) => {
            return Err(PixelError::Invalid {
                attribute: "Photometric Interpretation",
                value: "PALETTE COLOR".to_owned(),
                rule: "floats are no palette indices",
            });
        }
    })
}

fn pixels<T: Copy + Into<i64>>(indices: &[T], colour: impl Fn(i64) -> [u8; 3]) -> Vec<u8> {
    indices.iter().map(|index| colour((*index).into())).collect::<Vec<[u8; 3]>>().into_flattened()
}

/// Expands discrete, linear and indirect segments to `count` entries.
fn expand_segments(bytes: &[u8], count: usize, eight_bits: bool) -> Option<Vec<u16>> {
    let words: Vec<u16> = if eight_bits {
        bytes.iter().map(|byte| u16::from(*byte)).collect()
    } else {
        bytes.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word)).collect()
    };
    let mut out = Vec::with_capacity(count);
    let mut at = 0;
    while out.len() < count {
        at = match words.get(at)? {
            2 => {
                let segments = *words.get(at + 1)?;
                let offset_low = usize::from(*words.get(at + 2)?);
                let offset_high = usize::from(*words.get(at + 3)?);
                // The offset counts bytes from the start of the table, in two entries, least significant first.
                let target = if eight_bits {
                    let more = usize::from(*words.get(at + 4)?) << 16 | usize::from(*words.get(at + 5)?) << 24;
                    offset_low | offset_high << 8 | more
                } else {
                    (offset_low | offset_high << 16) / 2
                };
                let mut copied = target;
                for _ in 0..segments {
                    copied = expand_one(&words, copied, count, &mut out)?;
                }
                at + if eight_bits { 6 } else { 4 }
            }
            _ => expand_one(&words, at, count, &mut out)?,
        };
    }
    out.truncate(count);
    Some(out)
}

/// Expands one discrete or linear segment and returns where the next one starts.
fn expand_one(words: &[u16], at: usize, count: usize, out: &mut Vec<u16>) -> Option<usize> {
    let length = usize::from(*words.get(at + 1)?);
    if length == 0 || out.len() > count + 65_536 {
        return None;
    }
    match words.get(at)? {
        0 => {
            out.extend_from_slice(words.get(at + 2..at + 2 + length)?);
            Some(at + 2 + length)
        }
        1 => {
            let from = f64::from(*out.last()?);
            let step = (f64::from(*words.get(at + 2)?) - from) / length as f64;
            out.extend((1..=length).map(|number| (from + step * number as f64).round() as u16));
            Some(at + 3)
        }
        _ => None,
    }
}
