//! Uncompressed samples (PS3.5 section 8): any depth, byte order, colour layout, packed bits and floats.

use super::description::{Photometric, PixelDescription, SampleKind};
use super::error::PixelError;
use super::samples::{SampleData, Samples};

/// Decodes the bytes of one uncompressed frame.
///
/// `data` starts with the byte that holds the frame's first bit; with one bit allocated, frames follow each other without padding
/// (PS3.5 8.1.1), so frame `index` may start inside of that byte.
///
/// # Errors
/// `Truncated` when `data` is shorter than the frame.
pub fn decode(desc: &PixelDescription, index: u32, data: &[u8], big_endian: bool) -> Result<Samples, PixelError> {
    let in_order;
    let data = if desc.swapped {
        if !desc.frame_bytes().is_multiple_of(2) {
            return Err(PixelError::unsupported(
                &desc.transfer_syntax,
                "an odd number of 8-bit samples in 16-bit words",
            ));
        }
        in_order = swap_words(data);
        in_order.as_slice()
    } else {
        data
    };
    let subsampled = desc.samples_per_pixel == 3
        && desc.photometric.is_subsampled()
        && desc.bits_allocated == 8
        && (data.len() as u64) < desc.frame_samples();
    let (data, photometric) = if subsampled {
        if desc.photometric == Photometric::YbrPartial420 {
            return Err(PixelError::unsupported(
                &desc.transfer_syntax,
                "uncompressed YBR_PARTIAL_420",
            ));
        }
        (SampleData::U8(upsample_422(desc, data)?), desc.photometric)
    } else {
        (interleaved(desc, index, data, big_endian)?, desc.photometric)
    };
    Ok(Samples {
        columns: desc.columns,
        rows: desc.rows,
        channels: desc.samples_per_pixel,
        photometric,
        data,
    })
}

fn interleaved(desc: &PixelDescription, index: u32, data: &[u8], big_endian: bool) -> Result<SampleData, PixelError> {
    let count = desc.frame_samples();
    if desc.bits_allocated == 1 {
        let offset = (u64::from(index) * count % 8) as usize;
        return unpack_bits(data, offset, count as usize).map(SampleData::U8);
    }
    let data = prefix(data, desc.frame_bytes())?;
    let samples = container(desc, data, big_endian);
    Ok(if desc.planar {
        planes_to_pixels(samples, desc.samples_per_pixel)
    } else {
        samples
    })
}

fn swap_words(data: &[u8]) -> Vec<u8> {
    let (words, rest) = data.as_chunks::<2>();
    words.iter().flat_map(|[first, second]| [*second, *first]).chain(rest.iter().copied()).collect()
}

fn prefix(data: &[u8], bytes: u64) -> Result<&[u8], PixelError> {
    data.get(..bytes as usize).ok_or(PixelError::Truncated {
        expected: bytes,
        found: data.len() as u64,
    })
}

/// `count` bits of `data` from bit `offset` on, least significant bit first, one byte each.
pub fn unpack_bits(data: &[u8], offset: usize, count: usize) -> Result<Vec<u8>, PixelError> {
    let data = prefix(data, (offset + count).div_ceil(8) as u64)?;
    Ok((offset..offset + count).map(|bit| data[bit / 8] >> (bit % 8) & 1).collect())
}

/// Puts sample bytes of `bits_allocated` bits into their container and clears or sign-extends the bits that are not stored.
pub fn container(desc: &PixelDescription, bytes: &[u8], big_endian: bool) -> SampleData {
    let mut samples = match (desc.kind, desc.bits_allocated, desc.signed) {
        (SampleKind::Float, ..) => SampleData::F32(words(bytes, big_endian, f32::from_le_bytes, f32::from_be_bytes)),
        (SampleKind::Double, ..) => SampleData::F64(words(bytes, big_endian, f64::from_le_bytes, f64::from_be_bytes)),
        (_, 1 | 8, false) => SampleData::U8(bytes.to_vec()),
        (_, 1 | 8, true) => SampleData::I8(bytes.iter().map(|byte| *byte as i8).collect()),
        (_, 16, false) => SampleData::U16(words(bytes, big_endian, u16::from_le_bytes, u16::from_be_bytes)),
        (_, 16, true) => SampleData::I16(words(bytes, big_endian, i16::from_le_bytes, i16::from_be_bytes)),
        (_, _, false) => SampleData::U32(words(bytes, big_endian, u32::from_le_bytes, u32::from_be_bytes)),
        (_, _, true) => SampleData::I32(words(bytes, big_endian, i32::from_le_bytes, i32::from_be_bytes)),
    };
    if desc.kind == SampleKind::Integer {
        keep_stored_bits(&mut samples, desc.bits_allocated, desc.bits_stored, desc.high_bit);
    }
    samples
}

fn words<const N: usize, T>(
    bytes: &[u8],
    big_endian: bool,
    little: impl Fn([u8; N]) -> T,
    big: impl Fn([u8; N]) -> T,
) -> Vec<T> {
    let words = bytes.as_chunks::<N>().0.iter().copied();
    if big_endian {
        words.map(big).collect()
    } else {
        words.map(little).collect()
    }
}

/// Moves the stored bits down to bit 0; the rest may hold overlays or noise (PS3.5 8.1.1) and becomes zeros or the sign.
pub fn keep_stored_bits(samples: &mut SampleData, allocated: u16, stored: u16, high_bit: u16) {
    if stored >= allocated {
        return;
    }
    let up = u32::from(allocated - 1 - high_bit.min(allocated - 1));
    let down = u32::from(allocated - stored);
    match samples {
        SampleData::U8(v) => v.iter_mut().for_each(|s| *s = *s << up >> down),
        SampleData::I8(v) => v.iter_mut().for_each(|s| *s = *s << up >> down),
        SampleData::U16(v) => v.iter_mut().for_each(|s| *s = *s << up >> down),
        SampleData::I16(v) => v.iter_mut().for_each(|s| *s = *s << up >> down),
        SampleData::U32(v) => v.iter_mut().for_each(|s| *s = *s << up >> down),
        SampleData::I32(v) => v.iter_mut().for_each(|s| *s = *s << up >> down),
        SampleData::F32(_) | SampleData::F64(_) => {}
    }
}

/// Planar Configuration 1 to 0.
pub fn planes_to_pixels(samples: SampleData, channels: u16) -> SampleData {
    fn interleave<T: Copy>(planes: &[T], channels: usize) -> Vec<T> {
        let pixels = planes.len() / channels;
        (0..pixels)
            .flat_map(|pixel| (0..channels).map(move |channel| planes[channel * pixels + pixel]))
            .collect()
    }
    let channels = usize::from(channels);
    match samples {
        SampleData::U8(v) => SampleData::U8(interleave(&v, channels)),
        SampleData::I8(v) => SampleData::I8(interleave(&v, channels)),
        SampleData::U16(v) => SampleData::U16(interleave(&v, channels)),
        SampleData::I16(v) => SampleData::I16(interleave(&v, channels)),
        SampleData::U32(v) => SampleData::U32(interleave(&v, channels)),
        SampleData::I32(v) => SampleData::I32(interleave(&v, channels)),
        SampleData::F32(v) => SampleData::F32(interleave(&v, channels)),
        SampleData::F64(v) => SampleData::F64(interleave(&v, channels)),
    }
}

/// Y1 Y2 Cb Cr for two pixels becomes Y1 Cb Cr Y2 Cb Cr (PS3.3 C.7.6.3.1.2).
fn upsample_422(desc: &PixelDescription, data: &[u8]) -> Result<Vec<u8>, PixelError> {
    if !desc.columns.is_multiple_of(2) {
        return Err(PixelError::Invalid {
            attribute: "Columns",
            value: desc.columns.to_string(),
            rule: "it must be even when chroma is subsampled",
        });
    }
    let data = prefix(data, desc.frame_pixels() * 2)?;
    let pairs = data.as_chunks::<4>().0.iter().map(|[y1, y2, cb, cr]| [*y1, *cb, *cr, *y2, *cb, *cr]);
    Ok(pairs.collect::<Vec<[u8; 6]>>().into_flattened())
}
