//! Pictures to PNG and JPEG files.

use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling};

use super::{Picture, PictureData};
use crate::pixels::PixelError;

/// From this quality on, chroma keeps its full resolution.
const FULL_CHROMA_QUALITY: u8 = 90;

/// The file format of a rendered picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
}

impl Format {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// Encodes a picture; `quality` (1 to 100) is for JPEG alone.
///
/// # Errors
/// `Encode` when the picture has no pixels or more than the format can hold (65,500 a side for JPEG).
pub fn encode(picture: &Picture, format: Format, quality: u8) -> Result<Vec<u8>, PixelError> {
    match format {
        Format::Png => png(picture).map_err(|error| PixelError::Encode(error.to_string())),
        Format::Jpeg => jpeg(picture, quality).map_err(|error| PixelError::Encode(error.to_string())),
    }
}

fn png(picture: &Picture) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::with_capacity(picture.bytes().len() / 2);
    let mut encoder = png::Encoder::new(&mut file, picture.width, picture.height);
    encoder.set_color(match picture.data {
        PictureData::Grey(_) => png::ColorType::Grayscale,
        PictureData::Rgb(_) => png::ColorType::Rgb,
    });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(picture.bytes())?;
    writer.finish()?;
    Ok(file)
}

fn jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>, libjpeg_turbo_rs::JpegError> {
    let (pixel_format, subsampling) = match picture.data {
        PictureData::Grey(_) => (PixelFormat::Grayscale, Subsampling::S444),
        PictureData::Rgb(_) if quality >= FULL_CHROMA_QUALITY => (PixelFormat::Rgb, Subsampling::S444),
        PictureData::Rgb(_) => (PixelFormat::Rgb, Subsampling::S420),
    };
    Encoder::new(
        picture.bytes(),
        picture.width as usize,
        picture.height as usize,
        pixel_format,
    )
    .quality(quality.clamp(1, 100))
    .subsampling(subsampling)
    .optimize_huffman(true)
    .encode()
}
