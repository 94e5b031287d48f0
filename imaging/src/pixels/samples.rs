//! Decoded samples of one frame: interleaved by pixel, in the narrowest container that the data set declares.

use super::description::Photometric;

/// One decoded frame. `data` holds `rows * columns * channels` samples, row by row, the channels of a pixel side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    pub columns: u32,
    pub rows: u32,
    pub channels: u16,
    /// What the samples mean now; codecs that undo a colour transform change it (YBR_RCT becomes RGB).
    pub photometric: Photometric,
    pub data: SampleData,
}

/// The samples themselves, in native byte order.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleData {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl SampleData {
    pub fn len(&self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::I8(v) => v.len(),
            Self::U16(v) => v.len(),
            Self::I16(v) => v.len(),
            Self::U32(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples as little endian bytes, as Pixel Data of an uncompressed little endian file holds them.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        match self {
            Self::U8(v) => v.clone(),
            Self::I8(v) => v.iter().map(|s| *s as u8).collect(),
            Self::U16(v) => words(v.iter().map(|s| s.to_le_bytes())),
            Self::I16(v) => words(v.iter().map(|s| s.to_le_bytes())),
            Self::U32(v) => words(v.iter().map(|s| s.to_le_bytes())),
            Self::I32(v) => words(v.iter().map(|s| s.to_le_bytes())),
            Self::F32(v) => words(v.iter().map(|s| s.to_le_bytes())),
            Self::F64(v) => words(v.iter().map(|s| s.to_le_bytes())),
        }
    }
}

fn words<const N: usize>(words: impl Iterator<Item = [u8; N]>) -> Vec<u8> {
    words.collect::<Vec<[u8; N]>>().into_flattened()
}
