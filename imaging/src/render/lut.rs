//! Modality LUT and VOI LUT (PS3.3 C.11.1 and C.11.2): from stored values to units, and from units to brightness.

use dicom_dictionary_std::tags;

use super::Window;
use super::groups::functional_group;
use crate::dataset::DataSet;

/// A lookup table with its descriptor (PS3.3 C.11.1.1): values below the first entry take the first, above the last the last.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupTable {
    first: i64,
    entries: Vec<u16>,
    bits: u32,
}

impl LookupTable {
    /// Reads LUT Descriptor and LUT Data of a LUT sequence item; `None` when they do not fit each other.
    fn from_item(item: &DataSet, signed_input: bool) -> Option<Self> {
        let descriptor = item.ints(tags::LUT_DESCRIPTOR);
        let [count, first, bits] = descriptor.get(..3)? else {
            return None;
        };
        let entries = entries(item.bytes(tags::LUT_DATA)?, entry_count(*count))?;
        Some(Self {
            first: first_mapped(*first, signed_input),
            entries,
            bits: (*bits).clamp(8, 16) as u32,
        })
    }

    fn value(&self, input: f64) -> f64 {
        let last = self.entries.len() as i64 - 1;
        let index = (input.round() as i64).saturating_sub(self.first).clamp(0, last);
        self.entries.get(index as usize).copied().map_or(0.0, f64::from)
    }

    /// The value as a part of the greatest that the table can hold. Some writers give 16 bits for entries of fewer: the entries decide.
    fn fraction(&self, input: f64) -> f64 {
        let greatest = self.entries.iter().copied().max().unwrap_or(0);
        let bits = if self.bits == 16 && greatest < 1 << 15 {
            16 - greatest.leading_zeros()
        } else {
            self.bits
        };
        self.value(input) / f64::from((1u32 << bits.max(8)) - 1)
    }
}

/// Zero stands for 65,536 entries; a writer with signed pixels may have written the count as a negative number.
pub fn entry_count(count: i64) -> usize {
    match count & 0xFFFF {
        0 => 65_536,
        count => count as usize,
    }
}

/// The first input value mapped, which has the sign of the input whatever VR it was written with.
pub fn first_mapped(first: i64, signed_input: bool) -> i64 {
    if signed_input && first > 32_767 {
        first - 65_536
    } else {
        first
    }
}

/// Table entries from 16-bit words, or from bytes where there are only as many bytes as entries.
pub fn entries(data: &[u8], count: usize) -> Option<Vec<u16>> {
    let entries: Vec<u16> = if data.len() >= count * 2 {
        data.as_chunks::<2>().0.iter().take(count).map(|word| u16::from_le_bytes(*word)).collect()
    } else {
        data.get(..count)?.iter().map(|byte| u16::from(*byte)).collect()
    };
    (!entries.is_empty()).then_some(entries)
}

/// From stored values to units (PS3.3 C.11.1).
#[derive(Debug, Clone, PartialEq)]
pub enum Modality {
    Rescale { slope: f64, intercept: f64 },
    Table(LookupTable),
}

impl Modality {
    /// The transformation of frame `index`; stored values as they are when the file has none.
    pub fn of_frame(header: &DataSet, index: u32, signed: bool) -> Self {
        if let Some(table) = header
            .items(tags::MODALITY_LUT_SEQUENCE)
            .first()
            .and_then(|item| LookupTable::from_item(item, signed))
        {
            return Self::Table(table);
        }
        let group = functional_group(header, index, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
        let slope = group.float(tags::RESCALE_SLOPE).filter(|slope| slope.is_finite() && *slope != 0.0).unwrap_or(1.0);
        let intercept = group.float(tags::RESCALE_INTERCEPT).filter(|value| value.is_finite()).unwrap_or(0.0);
        Self::Rescale { slope, intercept }
    }

    pub fn apply(&self, stored: f64) -> f64 {
        match self {
            Self::Rescale { slope, intercept } => stored * slope + intercept,
            Self::Table(table) => table.value(stored),
        }
    }
}

/// VOI LUT Function (0028,1056), PS3.3 C.11.2.1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Linear,
    LinearExact,
    Sigmoid,
}

/// From units to brightness between 0 and 1 (PS3.3 C.11.2).
#[derive(Debug, Clone, PartialEq)]
pub enum Voi {
    Window {
        window: Window,
        function: Function,
    },
    Table(LookupTable),
    /// From the least to the greatest value.
    Range {
        least: f64,
        greatest: f64,
    },
}

impl Voi {
    /// The file's own VOI for frame `index`: a LUT before a window, as C.11.2.1.2 lets the writer order them by preference.
    pub fn of_frame(header: &DataSet, index: u32, signed_units: bool) -> Option<Self> {
        let group = functional_group(header, index, tags::FRAME_VOILUT_SEQUENCE);
        if let Some(table) = group
            .items(tags::VOILUT_SEQUENCE)
            .first()
            .and_then(|item| LookupTable::from_item(item, signed_units))
        {
            return Some(Self::Table(table));
        }
        let window = Window {
            centre: group.float(tags::WINDOW_CENTER)?,
            width: group.float(tags::WINDOW_WIDTH)?,
        };
        let function = match group.text(tags::VOILUT_FUNCTION).as_deref() {
            Some("LINEAR_EXACT") => Function::LinearExact,
            Some("SIGMOID") => Function::Sigmoid,
            _ => Function::Linear,
        };
        Self::window(window, function)
    }

    /// `None` when the width is not one that the function allows.
    pub fn window(window: Window, function: Function) -> Option<Self> {
        let least = if function == Function::Linear {
            1.0
        } else {
            f64::MIN_POSITIVE
        };
        (window.centre.is_finite() && window.width.is_finite() && window.width >= least)
            .then_some(Self::Window { window, function })
    }

    /// Brightness between 0 and 1.
    pub fn brightness(&self, units: f64) -> f64 {
        let fraction = match self {
            Self::Window {
                window: Window { centre, width },
                function: Function::Linear,
            } => {
                if *width <= 1.0 {
                    f64::from(units > centre - 0.5)
                } else {
                    (units - (centre - 0.5)) / (width - 1.0) + 0.5
                }
            }
            Self::Window {
                window: Window { centre, width },
                function: Function::LinearExact,
            } => (units - centre) / width + 0.5,
            Self::Window {
                window: Window { centre, width },
                function: Function::Sigmoid,
            } => 1.0 / (1.0 + (-4.0 * (units - centre) / width).exp()),
            Self::Table(table) => table.fraction(units),
            Self::Range { least, greatest } if greatest > least => (units - least) / (greatest - least),
            Self::Range { .. } => 0.0,
        };
        fraction.clamp(0.0, 1.0)
    }
}
