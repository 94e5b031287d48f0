//! JPEG-LS (ISO 14495-1): our own decoder, because the encoder's crate decodes single components only, and because a decoder that
//! shares no code with the encoder is what a lossless result must be checked with.
//!
//! Covers 2 to 16 bits, near-lossless, preset parameters, and components apart, interleaved by line or by sample. Refuses restart
//! intervals, mapping tables and point transforms, which DICOM does not use.

mod bits;
mod header;
mod scan;
mod statistics;

use super::codestream::{Integers, check_header};
use super::description::{Photometric, PixelDescription};
use super::error::PixelError;
use header::Segment;

/// Decodes one JPEG-LS codestream.
///
/// # Errors
/// `Mismatch` when its header disagrees with the data set, `Unsupported` for the features above, `Damaged` or `Truncated` otherwise.
pub fn decode(desc: &PixelDescription, codestream: &[u8]) -> Result<Integers, PixelError> {
    let mut segments = header::Segments::new(codestream, &desc.transfer_syntax)?;
    let mut frame: Option<header::Frame> = None;
    let mut presets = header::Presets::default();
    let mut planes: Vec<Option<Vec<u16>>> = Vec::new();
    while let Some(segment) = segments.next()? {
        match segment {
            Segment::Frame(found) => {
                check_header(
                    desc,
                    found.columns,
                    found.rows,
                    found.component_ids.len(),
                    found.precision,
                )?;
                planes = vec![None; found.component_ids.len()];
                frame = Some(found);
            }
            Segment::Presets(found) => presets = found,
            Segment::Scan(scan, entropy) => {
                let frame = frame
                    .as_ref()
                    .ok_or_else(|| PixelError::damaged(&desc.transfer_syntax, "a scan precedes the frame"))?;
                let parameters =
                    statistics::Parameters::new(frame.precision, scan.near, &presets).ok_or_else(|| {
                        PixelError::damaged(&desc.transfer_syntax, "its coding parameters are out of range")
                    })?;
                let indices = scan.component_indices(frame, &desc.transfer_syntax)?;
                let decoded = scan::decode(frame, &scan, parameters, entropy, &desc.transfer_syntax)?;
                for (index, plane) in indices.into_iter().zip(decoded) {
                    planes[index] = Some(plane);
                }
            }
        }
        if !planes.is_empty() && planes.iter().all(Option::is_some) {
            break;
        }
    }
    let frame = frame.ok_or_else(|| PixelError::damaged(&desc.transfer_syntax, "it has no frame header"))?;
    let planes: Option<Vec<Vec<u16>>> = planes.into_iter().collect();
    let planes = planes.ok_or_else(|| PixelError::damaged(&desc.transfer_syntax, "a component is missing"))?;
    Ok(Integers {
        data: interleave(planes).into(),
        precision: frame.precision,
        signed: false,
        photometric: photometric(desc, frame.is_rgb()),
    })
}

fn photometric(desc: &PixelDescription, rgb_ids: bool) -> Photometric {
    match desc.photometric {
        _ if rgb_ids => Photometric::Rgb,
        Photometric::YbrFull422 => Photometric::YbrFull,
        other => other,
    }
}

fn interleave(mut planes: Vec<Vec<u16>>) -> Vec<u16> {
    if planes.len() == 1 {
        return planes.swap_remove(0);
    }
    let pixels = planes.first().map_or(0, Vec::len);
    (0..pixels).flat_map(|pixel| planes.iter().map(move |plane| plane[pixel])).collect()
}
