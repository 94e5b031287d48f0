//! JPEG of all processes (ISO 10918-1): baseline, extended with 8 and 12 bits, progressive, lossless with 2 to 16 bits.
//!
//! Whether the three components of a picture are YCbCr or RGB is decided here, as dcmtk and pydicom do, because files lie in both directions.

use libjpeg_turbo_rs::precision::{decompress_12bit_with_limits, decompress_lossless_arbitrary};
use libjpeg_turbo_rs::{ColorSpace, DecodeLimits, Decoder, JpegError};

use super::codestream::{Integers, check_header};
use super::description::{MAX_FRAME_BYTES, MAX_FRAME_PIXELS, Photometric, PixelDescription};
use super::error::PixelError;

const MAX_SCANS: usize = 128;

/// What the frame header (SOFn) and the application markers before the first scan say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    process: u8,
    precision: u8,
    rows: u32,
    columns: u32,
    component_ids: Vec<u8>,
    jfif: bool,
    adobe_transform: Option<u8>,
}

/// Decodes one JPEG codestream.
///
/// # Errors
/// `Mismatch` when its header disagrees with the data set, `Damaged` when it cannot be decoded whole.
pub fn decode(desc: &PixelDescription, codestream: &[u8]) -> Result<Integers, PixelError> {
    let damaged = |reason: String| PixelError::damaged(&desc.transfer_syntax, reason);
    let start = codestream
        .windows(2)
        .position(|pair| pair == [0xFF, 0xD8])
        .ok_or_else(|| damaged("it has no start of image".to_owned()))?;
    let codestream = &codestream[start..];
    let header = read_header(codestream).ok_or_else(|| damaged("it has no frame header".to_owned()))?;
    check_header(
        desc,
        header.columns,
        header.rows,
        header.component_ids.len(),
        header.precision,
    )?;
    let broken = |error: JpegError| damaged(error.to_string());
    match (header.process, header.precision) {
        (0xC3 | 0xCB, _) => {
            let image = decompress_lossless_arbitrary(codestream).map_err(broken)?;
            Ok(Integers {
                data: image.data.into(),
                precision: header.precision,
                signed: false,
                photometric: stored(desc),
            })
        }
        (_, 12) => {
            let image = decompress_12bit_with_limits(codestream, &limits()).map_err(broken)?;
            let data: Vec<u16> = image.data.iter().map(|sample| sample.clamp(&0, &4095).unsigned_abs()).collect();
            let photometric = if desc.samples_per_pixel == 3 {
                Photometric::Rgb
            } else {
                desc.photometric
            };
            Ok(Integers {
                data: data.into(),
                precision: 12,
                signed: false,
                photometric,
            })
        }
        _ => decode_8_bit(desc, &header, codestream).map_err(broken),
    }
}

fn decode_8_bit(desc: &PixelDescription, header: &Header, codestream: &[u8]) -> Result<Integers, JpegError> {
    let mut decoder = Decoder::new_with_limits(codestream, limits())?;
    let coded_as_ycbcr = decoder.jpeg_color_space() == ColorSpace::YCbCr;
    let mut photometric = desc.photometric;
    if desc.samples_per_pixel == 3 {
        if coded_as_ycbcr && !is_ycbcr(desc, header) {
            decoder.set_output_colorspace(ColorSpace::YCbCr);
        }
        photometric = Photometric::Rgb;
    }
    let image = decoder.decode_image()?;
    Ok(Integers {
        data: image.data.into(),
        precision: 8,
        signed: false,
        photometric,
    })
}

/// The samples of a lossless process are never transformed; subsampled names only mean YBR_FULL then.
fn stored(desc: &PixelDescription) -> Photometric {
    match desc.photometric {
        Photometric::YbrFull422 => Photometric::YbrFull,
        Photometric::YbrPartial420 => Photometric::YbrPartial422,
        other => other,
    }
}

/// Adobe's marker knows, then the component ids, then a JFIF marker (which means YCbCr), then the data set.
fn is_ycbcr(desc: &PixelDescription, header: &Header) -> bool {
    if let Some(transform) = header.adobe_transform {
        return transform != 0;
    }
    if matches!(header.component_ids.as_slice(), b"RGB" | b"rgb") {
        return false;
    }
    header.jfif || desc.photometric.is_ybr()
}

fn limits() -> DecodeLimits {
    DecodeLimits {
        max_width: 65_535,
        max_height: 65_535,
        max_pixels: MAX_FRAME_PIXELS,
        max_scans: MAX_SCANS,
        max_memory: Some(MAX_FRAME_BYTES * 6),
    }
}

/// Walks the marker segments up to the first scan; `None` when there is no frame header before it.
fn read_header(codestream: &[u8]) -> Option<Header> {
    let mut header = Header::default();
    let mut at = 2;
    loop {
        if *codestream.get(at)? != 0xFF {
            return None;
        }
        let marker = *codestream.get(at + 1)?;
        if marker == 0xFF {
            at += 1;
            continue;
        }
        if marker == 0x01 || (0xD0..=0xD8).contains(&marker) {
            at += 2;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*codestream.get(at + 2)?, *codestream.get(at + 3)?]));
        let body = codestream.get(at + 4..at + 2 + length)?;
        match marker {
            0xDA | 0xD9 => break,
            0xE0 => header.jfif |= body.starts_with(b"JFIF\0"),
            0xEE if body.starts_with(b"Adobe") => header.adobe_transform = body.get(11).copied(),
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => read_frame_header(&mut header, marker, body)?,
            _ => {}
        }
        at += 2 + length;
    }
    (header.process != 0).then_some(header)
}

fn read_frame_header(header: &mut Header, marker: u8, body: &[u8]) -> Option<()> {
    let [
        precision,
        rows_high,
        rows_low,
        columns_high,
        columns_low,
        count,
        components @ ..,
    ] = body
    else {
        return None;
    };
    header.process = marker;
    header.precision = *precision;
    header.rows = u32::from(u16::from_be_bytes([*rows_high, *rows_low]));
    header.columns = u32::from(u16::from_be_bytes([*columns_high, *columns_low]));
    header.component_ids = components.chunks_exact(3).take(usize::from(*count)).map(|component| component[0]).collect();
    Some(())
}
