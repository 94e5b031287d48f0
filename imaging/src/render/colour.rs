//! Colour samples to 8-bit RGB: every YBR form of PS3.3 C.7.6.3.1.2 and any depth.

use crate::pixels::{Photometric, PixelDescription, SampleData, Samples};

/// Interleaved colour samples to interleaved 8-bit RGB.
pub fn to_rgb(desc: &PixelDescription, samples: &Samples) -> Vec<u8> {
    let mut bytes = eight_bits(&samples.data, desc.bits_stored);
    match samples.photometric {
        Photometric::YbrFull | Photometric::YbrFull422 => full_range(&mut bytes),
        Photometric::YbrPartial422 | Photometric::YbrPartial420 => partial_range(&mut bytes),
        _ => {}
    }
    bytes
}

fn eight_bits(data: &SampleData, bits_stored: u16) -> Vec<u8> {
    let shift = u32::from(bits_stored.saturating_sub(8));
    match data {
        SampleData::U8(v) if bits_stored == 8 => v.clone(),
        SampleData::U8(v) => {
            let greatest = (1u32 << bits_stored) - 1;
            v.iter().map(|s| (u32::from(*s) * 255 / greatest).min(255) as u8).collect()
        }
        SampleData::U16(v) => v.iter().map(|s| (s >> shift).min(255) as u8).collect(),
        SampleData::U32(v) => v.iter().map(|s| (s >> shift).min(255) as u8).collect(),
        SampleData::I8(v) => v.iter().map(|s| s.wrapping_add(-128) as u8).collect(),
        SampleData::I16(v) => v.iter().map(|s| ((s >> shift) + 128).clamp(0, 255) as u8).collect(),
        SampleData::I32(v) => v.iter().map(|s| ((s >> shift) + 128).clamp(0, 255) as u8).collect(),
        SampleData::F32(v) => v.iter().map(|s| (s.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect(),
        SampleData::F64(v) => v.iter().map(|s| (s.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect(),
    }
}

const HALF: i32 = 1 << 15;

/// A coefficient in 16.16 fixed point.
const fn fixed(coefficient: f64) -> i32 {
    (coefficient * 65_536.0 + 0.5) as i32
}

/// YBR_FULL: 0 to 255, chroma around 128.
fn full_range(bytes: &mut [u8]) {
    for pixel in bytes.as_chunks_mut::<3>().0 {
        let [y, cb, cr] = [
            i32::from(pixel[0]) << 16,
            i32::from(pixel[1]) - 128,
            i32::from(pixel[2]) - 128,
        ];
        *pixel = [
            clamp(y + fixed(1.402) * cr),
            clamp(y - fixed(0.344_136) * cb - fixed(0.714_136) * cr),
            clamp(y + fixed(1.772) * cb),
        ];
    }
}

/// YBR_PARTIAL: luma 16 to 235, chroma 16 to 240.
fn partial_range(bytes: &mut [u8]) {
    for pixel in bytes.as_chunks_mut::<3>().0 {
        let [y, cb, cr] = [
            i32::from(pixel[0]) - 16,
            i32::from(pixel[1]) - 128,
            i32::from(pixel[2]) - 128,
        ];
        let y = fixed(1.164_383) * y;
        *pixel = [
            clamp(y + fixed(1.596_027) * cr),
            clamp(y - fixed(0.391_762) * cb - fixed(0.812_968) * cr),
            clamp(y + fixed(2.017_232) * cb),
        ];
    }
}

fn clamp(value: i32) -> u8 {
    ((value + HALF) >> 16).clamp(0, 255) as u8
}
