//! JPEG baseline (lossy) and JPEG lossless, first-order prediction.

use libjpeg_turbo_rs::precision::compress_lossless_arbitrary;

use super::frame::Integers;
use super::{TargetSyntax, TranscodeError};
use crate::pixels::{Photometric, PixelDescription, SampleData, Samples};
use crate::render::colour;

/// Lossy 8-bit JPEG; colour becomes YCbCr with horizontally subsampled chroma.
pub fn encode_baseline(
    desc: &PixelDescription,
    samples: &Samples,
    quality: u8,
) -> Result<(Vec<u8>, Photometric), TranscodeError> {
    use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling};
    let (pixels, format, subsampling, photometric) = if samples.channels == 1 {
        let SampleData::U8(pixels) = narrow(&samples.data) else {
            return Err(TranscodeError::unsuitable(TargetSyntax::JpegBaseline, "these samples"));
        };
        (pixels, PixelFormat::Grayscale, Subsampling::S444, samples.photometric)
    } else {
        (
            colour::to_rgb(desc, samples),
            PixelFormat::Rgb,
            Subsampling::S422,
            Photometric::YbrFull422,
        )
    };
    Encoder::new(&pixels, samples.columns as usize, samples.rows as usize, format)
        .quality(quality.clamp(1, 100))
        .subsampling(subsampling)
        .optimize_huffman(true)
        .encode()
        .map(|bytes| (bytes, photometric))
        .map_err(|error| TranscodeError::encoder(TargetSyntax::JpegBaseline, error))
}

/// Eight stored bits in a wider container, as bytes.
fn narrow(data: &SampleData) -> SampleData {
    match data {
        SampleData::U16(v) => SampleData::U8(v.iter().map(|s| (*s).min(255) as u8).collect()),
        SampleData::U32(v) => SampleData::U8(v.iter().map(|s| (*s).min(255) as u8).collect()),
        other => other.clone(),
    }
}

/// Process 14, selection value 1.
pub fn encode_lossless(integers: &Integers) -> Result<Vec<u8>, TranscodeError> {
    let (columns, rows) = (integers.columns as usize, integers.rows as usize);
    compress_lossless_arbitrary(
        &integers.unsigned(),
        columns,
        rows,
        integers.channels.into(),
        integers.precision,
        1,
        0,
    )
    .map_err(|error| TranscodeError::encoder(TargetSyntax::JpegLosslessSv1, error))
}

/// Whether another JPEG library sees the same samples. It has no colour deeper than 8 bits; there the first opinion must do.
pub fn second_opinion(integers: &Integers, bytes: &[u8]) -> bool {
    if integers.channels == 3 && integers.precision > 8 {
        return true;
    }
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_color_transform(jpeg_decoder::ColorTransform::None);
    let Ok(decoded) = decoder.decode() else {
        return false;
    };
    let expected = integers.unsigned();
    if integers.precision > 8 {
        let words = decoded.as_chunks::<2>().0;
        words.len() == expected.len() && words.iter().zip(&expected).all(|(a, b)| u16::from_ne_bytes(*a) == *b)
    } else {
        decoded.len() == expected.len() && decoded.iter().zip(&expected).all(|(a, b)| u16::from(*a) == *b)
    }
}
