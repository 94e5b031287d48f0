//! What every image codec shares: compare the codestream's own header with the data set before anything is allocated, and fit the
//! decoded integers into the container that the data set declares.

use super::description::{Photometric, PixelDescription};
use super::error::PixelError;
use super::native;
use super::samples::{SampleData, Samples};
use super::syntax;

/// Frames up to this many bytes may come from any number of compressed bytes (a black frame is a few dozen).
const UNSUSPICIOUS_BYTES: u64 = 64 << 20;
const MAX_EXPANSION: u64 = 2_000;

/// Interleaved integers as a codec returns them: two's complement in the low `precision` bits when `signed`.
pub struct Integers {
    pub data: IntegerData,
    pub precision: u8,
    pub signed: bool,
    pub photometric: Photometric,
}

/// The containers codecs decode to.
pub enum IntegerData {
    U8(Vec<u8>),
    U16(Vec<u16>),
    I32(Vec<i32>),
}

impl From<Vec<u8>> for IntegerData {
    fn from(data: Vec<u8>) -> Self {
        Self::U8(data)
    }
}

impl From<Vec<u16>> for IntegerData {
    fn from(data: Vec<u16>) -> Self {
        Self::U16(data)
    }
}

impl From<Vec<i32>> for IntegerData {
    fn from(data: Vec<i32>) -> Self {
        Self::I32(data)
    }
}

/// Refuses a codestream whose header disagrees with the data set: cheap, and before any decoder allocates.
pub fn check_header(
    desc: &PixelDescription,
    columns: u32,
    rows: u32,
    components: usize,
    precision: u8,
) -> Result<(), PixelError> {
    let same = |attribute, found: u64, expected: u64| {
        if found == expected {
            return Ok(());
        }
        Err(PixelError::Mismatch {
            name: syntax::name(&desc.transfer_syntax),
            attribute,
            found,
            expected,
        })
    };
    same("columns", columns.into(), desc.columns.into())?;
    same("rows", rows.into(), desc.rows.into())?;
    same("components", components as u64, desc.samples_per_pixel.into())?;
    if precision == 0 || u16::from(precision) > desc.bits_allocated {
        same("bits per sample", precision.into(), desc.bits_allocated.into())?;
    }
    Ok(())
}

/// Refuses a large frame out of almost nothing.
pub fn check_expansion(desc: &PixelDescription, compressed: u64) -> Result<(), PixelError> {
    let bytes = desc.frame_bytes();
    if bytes > UNSUSPICIOUS_BYTES && bytes / MAX_EXPANSION > compressed {
        return Err(PixelError::Bomb {
            name: syntax::name(&desc.transfer_syntax),
            compressed,
            bytes,
        });
    }
    Ok(())
}

/// Fits decoded integers into the container of `desc`, with the sign that the data set declares: codestreams are often marked
/// unsigned although their samples are two's complement.
///
/// # Errors
/// `Damaged` when the number of samples is wrong.
pub fn fit(desc: &PixelDescription, integers: Integers) -> Result<Samples, PixelError> {
    let count = match &integers.data {
        IntegerData::U8(v) => v.len(),
        IntegerData::U16(v) => v.len(),
        IntegerData::I32(v) => v.len(),
    };
    if count as u64 != desc.frame_samples() {
        return Err(PixelError::damaged(
            &desc.transfer_syntax,
            "it decodes to the wrong number of samples",
        ));
    }
    let mut data = match (integers.data, desc.bits_allocated, desc.signed) {
        (IntegerData::U8(v), 1 | 8, false) => SampleData::U8(v),
        (IntegerData::U16(v), 16, false) => SampleData::U16(v),
        (IntegerData::U8(v), bits, signed) => widen(&v, bits, signed),
        (IntegerData::U16(v), bits, signed) => widen(&v, bits, signed),
        (IntegerData::I32(v), bits, signed) => widen(&v, bits, signed),
    };
    let allocated = desc.bits_allocated.max(8);
    if desc.signed {
        let stored = desc.bits_stored.min(u16::from(integers.precision));
        native::keep_stored_bits(&mut data, allocated, stored, stored - 1);
    } else if integers.signed {
        let precision = u16::from(integers.precision);
        native::keep_stored_bits(&mut data, allocated, precision, precision - 1);
    }
    Ok(Samples {
        columns: desc.columns,
        rows: desc.rows,
        channels: desc.samples_per_pixel,
        photometric: integers.photometric,
        data,
    })
}

/// Truncation to the container keeps the low bits, which is what two's complement needs.
fn widen<T: Copy + Into<i64>>(data: &[T], bits_allocated: u16, signed: bool) -> SampleData {
    let values = data.iter().map(|sample| -> i64 { (*sample).into() });
    match (bits_allocated, signed) {
        (1 | 8, false) => SampleData::U8(values.map(|v| v as u8).collect()),
        (1 | 8, true) => SampleData::I8(values.map(|v| v as i8).collect()),
        (16, false) => SampleData::U16(values.map(|v| v as u16).collect()),
        (16, true) => SampleData::I16(values.map(|v| v as i16).collect()),
        (_, false) => SampleData::U32(values.map(|v| v as u32).collect()),
        (_, true) => SampleData::I32(values.map(|v| v as i32).collect()),
    }
}
