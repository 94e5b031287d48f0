//! One frame: decode, choose the precision, encode, decode again, compare.

use super::{TargetSyntax, TranscodeError, full_resolution, is_native, jpeg, jpeg2000, jpegls};
use crate::pixels::syntax;
use crate::pixels::{
    Photometric, PixelDescription, SampleData, SampleKind, Samples, decode_codestream, decode_frame, rle,
};

/// How the frames of a file are read for one target.
pub struct Source {
    /// As the file describes them.
    desc: PixelDescription,
    /// With every allocated bit taken for a stored one, so that nothing is masked away.
    wide: PixelDescription,
}

/// What the encoding did to the Image Pixel attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub photometric: Photometric,
    pub bits_allocated: u16,
    pub bits_stored: u16,
    pub high_bit: u16,
}

/// One encoded frame. For native targets of one-bit images `bytes` holds one byte a pixel, to be packed with all others.
pub struct Coded {
    pub bytes: Vec<u8>,
    pub outcome: Outcome,
}

/// Interleaved integers for an image encoder.
pub struct Integers {
    pub columns: u32,
    pub rows: u32,
    pub channels: u16,
    pub precision: u8,
    pub signed: bool,
    pub values: Vec<i32>,
}

impl Integers {
    /// The low `precision` bits of each value: two's complement for codecs that know no sign.
    pub fn unsigned(&self) -> Vec<u16> {
        let mask = (1u32 << self.precision) - 1;
        self.values.iter().map(|value| (*value as u32 & mask) as u16).collect()
    }
}

impl Source {
    /// Refuses what `target` cannot hold, before any work is done.
    pub fn new(desc: &PixelDescription, target: TargetSyntax) -> Result<Self, TranscodeError> {
        let unsuitable = |what: &str| Err(TranscodeError::unsuitable(target, what));
        if !target.is_native() {
            if desc.kind != SampleKind::Integer {
                return unsuitable("floating point pixels");
            }
            if desc.bits_allocated == 1 {
                return unsuitable("one-bit pixels");
            }
            if desc.bits_allocated > 16 && target != TargetSyntax::RleLossless {
                return unsuitable("more than 16 bits a sample");
            }
        }
        if target.is_lossy() && (desc.bits_stored > 8 || desc.signed) {
            return unsuitable("signed samples or more than 8 bits a sample");
        }
        if target.is_lossy() && desc.photometric == Photometric::PaletteColor {
            return unsuitable("palette indices");
        }
        if !target.is_lossy() && full_resolution(desc.photometric).is_none() {
            return unsuitable("colour with partial range and subsampled chroma");
        }
        let bits = desc.bits_allocated;
        let wide = PixelDescription {
            bits_stored: bits,
            high_bit: bits - 1,
            ..desc.clone()
        };
        Ok(Self {
            desc: desc.clone(),
            wide,
        })
    }
}

/// Transcodes frame `index`, whose range holds `data`.
pub fn transcode(
    source: &Source,
    target: TargetSyntax,
    quality: u8,
    index: u32,
    data: &[u8],
) -> Result<Coded, TranscodeError> {
    let Source { desc, wide } = source;
    let mut samples = decode_frame(wide, index, data)?;
    if target.is_lossy() {
        let samples = decode_frame(desc, index, data)?;
        let (bytes, photometric) = jpeg::encode_baseline(desc, &samples, quality)?;
        let outcome = Outcome {
            photometric,
            bits_allocated: 8,
            bits_stored: 8,
            high_bit: 7,
        };
        return Ok(Coded { bytes, outcome });
    }
    samples.photometric = full_resolution(samples.photometric)
        .ok_or_else(|| TranscodeError::unsuitable(target, "this kind of colour"))?;
    let mut outcome = Outcome {
        photometric: samples.photometric,
        bits_allocated: desc.bits_allocated,
        bits_stored: desc.bits_stored,
        high_bit: desc.high_bit,
    };
    if target.is_native() {
        return Ok(Coded {
            bytes: samples.data.to_le_bytes(),
            outcome,
        });
    }
    if target == TargetSyntax::RleLossless {
        let bytes_per_sample = usize::from(desc.bits_allocated / 8);
        let plain = samples.data.to_le_bytes();
        let bytes = rle::encode(
            &plain,
            samples.columns as usize,
            samples.channels.into(),
            bytes_per_sample,
        );
        verify(wide, target, &bytes, &samples, index)?;
        return Ok(Coded { bytes, outcome });
    }
    if is_native(desc) && desc.bits_stored < desc.bits_allocated {
        let stored = decode_frame(desc, index, data)?;
        if !only_fill(&samples.data, &stored.data, desc) {
            return Err(TranscodeError::unsuitable(
                target,
                "data in the bits that are not stored (an embedded overlay)",
            ));
        }
        samples.data = stored.data;
        outcome.high_bit = desc.bits_stored - 1;
    }
    let integers = integers(desc, &samples);
    let (bytes, photometric) = encode(target, &integers, samples.photometric)?;
    outcome.photometric = photometric;
    let precision = u16::from(integers.precision);
    let stored = PixelDescription {
        bits_stored: precision,
        high_bit: precision - 1,
        photometric,
        ..desc.clone()
    };
    verify(&stored, target, &bytes, &samples, index)?;
    independent(target, &integers, &bytes, index)?;
    Ok(Coded { bytes, outcome })
}

fn encode(
    target: TargetSyntax,
    integers: &Integers,
    photometric: Photometric,
) -> Result<(Vec<u8>, Photometric), TranscodeError> {
    let ybr = photometric.is_ybr();
    match target {
        TargetSyntax::JpegLosslessSv1 if ybr => {
            Err(TranscodeError::unsuitable(target, "YBR colour without changing it"))
        }
        TargetSyntax::JpegLosslessSv1 => jpeg::encode_lossless(integers).map(|bytes| (bytes, photometric)),
        TargetSyntax::JpegLsLossless => jpegls::encode(integers).map(|bytes| (bytes, photometric)),
        TargetSyntax::Htj2kLossless => jpeg2000::encode_htj2k(integers).map(|bytes| (bytes, photometric)),
        TargetSyntax::Jpeg2000Lossless => {
            let transform = integers.channels == 3 && !ybr;
            let bytes = jpeg2000::encode(integers, transform)?;
            Ok((bytes, if transform { Photometric::YbrRct } else { photometric }))
        }
        _ => Err(TranscodeError::unsuitable(target, "this image")),
    }
}

/// Decodes `bytes` as a reader of the result will and compares.
fn verify(
    desc: &PixelDescription,
    target: TargetSyntax,
    bytes: &[u8],
    samples: &Samples,
    frame: u32,
) -> Result<(), TranscodeError> {
    let desc = PixelDescription {
        transfer_syntax: target.uid().to_owned(),
        planar: false,
        swapped: false,
        ..desc.clone()
    };
    let decoded = decode_codestream(&desc, syntax::family(target.uid()), bytes)?;
    if decoded.data == samples.data {
        return Ok(());
    }
    Err(TranscodeError::Mismatch {
        target: syntax::name(target.uid()),
        frame,
    })
}

/// Where `verify` uses the encoder's own library, a second library must agree.
fn independent(target: TargetSyntax, integers: &Integers, bytes: &[u8], frame: u32) -> Result<(), TranscodeError> {
    let agrees = match target {
        TargetSyntax::JpegLosslessSv1 => jpeg::second_opinion(integers, bytes),
        TargetSyntax::Jpeg2000Lossless => jpeg2000::second_opinion(integers, bytes),
        _ => true,
    };
    if agrees {
        return Ok(());
    }
    Err(TranscodeError::Mismatch {
        target: syntax::name(target.uid()),
        frame,
    })
}

/// Whether the bits that are not stored are only zeros or copies of the sign.
fn only_fill(wide: &SampleData, stored: &SampleData, desc: &PixelDescription) -> bool {
    if desc.high_bit + 1 != desc.bits_stored {
        return false;
    }
    let mask = (1i64 << desc.bits_stored) - 1;
    values(wide).zip(values(stored)).all(|(wide, stored)| wide == stored || wide == stored & mask)
}

fn integers(desc: &PixelDescription, samples: &Samples) -> Integers {
    let values: Vec<i32> = values(&samples.data).map(|value| value as i32).collect();
    let stored = desc.bits_stored.clamp(2, 16);
    let range = if desc.signed {
        -(1i32 << (stored - 1))..1i32 << (stored - 1)
    } else {
        0..1i32 << stored
    };
    let fits = values.iter().all(|value| range.contains(value));
    Integers {
        columns: samples.columns,
        rows: samples.rows,
        channels: samples.channels,
        precision: if fits { stored } else { desc.bits_allocated } as u8,
        signed: desc.signed,
        values,
    }
}

fn values(data: &SampleData) -> Box<dyn Iterator<Item = i64> + '_> {
    match data {
        SampleData::U8(v) => Box::new(v.iter().map(|s| i64::from(*s))),
        SampleData::I8(v) => Box::new(v.iter().map(|s| i64::from(*s))),
        SampleData::U16(v) => Box::new(v.iter().map(|s| i64::from(*s))),
        SampleData::I16(v) => Box::new(v.iter().map(|s| i64::from(*s))),
        SampleData::U32(v) => Box::new(v.iter().map(|s| i64::from(*s))),
        SampleData::I32(v) => Box::new(v.iter().map(|s| i64::from(*s))),
        SampleData::F32(v) => Box::new(v.iter().map(|s| *s as i64)),
        SampleData::F64(v) => Box::new(v.iter().map(|s| *s as i64)),
    }
}

/// One byte a pixel to one bit a pixel, least significant first, frames without padding between them (PS3.5 8.1.1).
pub fn pack_bits(pixels: &[u8]) -> Vec<u8> {
    pixels.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | (bit & 1))).collect()
}
