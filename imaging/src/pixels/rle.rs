//! RLE Lossless (PS3.5 annex G): PackBits over the byte planes of a frame, of any depth.

use super::description::PixelDescription;
use super::error::PixelError;
use super::syntax::RLE_LOSSLESS;

const HEADER_BYTES: usize = 64;
const MAX_SEGMENTS: usize = 15;

/// Decodes one frame to little endian, pixel-interleaved sample bytes (or packed bits when one bit is allocated).
///
/// # Errors
/// `Damaged` when the header's segment table disagrees with the data set or leaves the codestream; `Truncated` when a segment is short.
pub fn decode(desc: &PixelDescription, codestream: &[u8]) -> Result<Vec<u8>, PixelError> {
    let segments = segments(codestream)?;
    let samples = usize::from(desc.samples_per_pixel);
    let (plane_bytes, bytes_per_sample) = match desc.bits_allocated {
        1 => ((desc.frame_pixels() as usize).div_ceil(8), 1),
        bits => (desc.frame_pixels() as usize, usize::from(bits / 8)),
    };
    if segments.len() != samples * bytes_per_sample {
        return Err(PixelError::Mismatch {
            name: "RLE Lossless",
            attribute: "number of segments",
            found: segments.len() as u64,
            expected: (samples * bytes_per_sample) as u64,
        });
    }
    let stride = segments.len();
    let mut out = vec![0u8; plane_bytes * stride];
    for (number, segment) in segments.iter().enumerate() {
        let sample = number / bytes_per_sample;
        let significance = number % bytes_per_sample;
        let offset = sample * bytes_per_sample + (bytes_per_sample - 1 - significance);
        unpack(segment, &mut out[offset..], stride, plane_bytes)?;
    }
    Ok(out)
}

fn segments(codestream: &[u8]) -> Result<Vec<&[u8]>, PixelError> {
    let damaged = |reason: &str| PixelError::damaged(RLE_LOSSLESS, reason);
    let header = codestream.get(..HEADER_BYTES).ok_or_else(|| damaged("it is shorter than its 64-byte header"))?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
    let count = word(0);
    if count == 0 || count > MAX_SEGMENTS {
        return Err(damaged("its header names no or more than 15 segments"));
    }
    let starts: Vec<usize> = (1..=count).map(|index| word(index * 4)).collect();
    let mut found = Vec::with_capacity(count);
    for (index, start) in starts.iter().copied().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(codestream.len());
        if start < HEADER_BYTES || end < start {
            return Err(damaged("its segments overlap"));
        }
        found.push(codestream.get(start..end).ok_or_else(|| damaged("a segment lies outside of it"))?);
    }
    Ok(found)
}

/// Expands PackBits runs into every `stride`th byte of `out`; bytes after the plane is full are padding.
fn unpack(segment: &[u8], out: &mut [u8], stride: usize, count: usize) -> Result<(), PixelError> {
    let mut written = 0;
    let mut rest = segment;
    while written < count {
        let Some((&control, tail)) = rest.split_first() else {
            return Err(PixelError::Truncated {
                expected: count as u64,
                found: written as u64,
            });
        };
        rest = tail;
        match control {
            0..=127 => {
                let length = usize::from(control) + 1;
                let literal = &rest[..length.min(rest.len())];
                for byte in literal.iter().take(count - written) {
                    out[written * stride] = *byte;
                    written += 1;
                }
                rest = &rest[literal.len()..];
            }
            128 => {}
            129..=255 => {
                let Some((&byte, tail)) = rest.split_first() else {
                    continue;
                };
                rest = tail;
                let length = (257 - usize::from(control)).min(count - written);
                for position in written..written + length {
                    out[position * stride] = byte;
                }
                written += length;
            }
        }
    }
    Ok(())
}

/// Encodes the byte planes of little endian, pixel-interleaved samples; rows are coded apart (PS3.5 G.3.1).
///
/// `samples` has `rows * columns * samples_per_pixel * bytes_per_sample` bytes.
pub fn encode(samples: &[u8], columns: usize, samples_per_pixel: usize, bytes_per_sample: usize) -> Vec<u8> {
    let stride = samples_per_pixel * bytes_per_sample;
    let mut out = vec![0u8; HEADER_BYTES];
    out[..4].copy_from_slice(&(stride as u32).to_le_bytes());
    let mut row = Vec::with_capacity(columns);
    for number in 0..stride {
        let start = out.len() as u32;
        out[4 + number * 4..8 + number * 4].copy_from_slice(&start.to_le_bytes());
        let sample = number / bytes_per_sample;
        let offset = sample * bytes_per_sample + (bytes_per_sample - 1 - number % bytes_per_sample);
        for line in samples.chunks_exact(columns * stride) {
            row.clear();
            row.extend(line.iter().skip(offset).step_by(stride));
            pack(&row, &mut out);
        }
        if out.len() % 2 == 1 {
            out.push(0);
        }
    }
    out
}

/// PackBits of one row: runs of three and more are replicated, everything else is literal.
fn pack(row: &[u8], out: &mut Vec<u8>) {
    let mut literal_start = 0;
    let mut at = 0;
    while at < row.len() {
        let run = row[at..].iter().take(128).take_while(|byte| **byte == row[at]).count();
        if run >= 3 || (run == 2 && literal_start == at) {
            flush_literal(&row[literal_start..at], out);
            out.push((257 - run) as u8);
            out.push(row[at]);
            at += run;
            literal_start = at;
        } else {
            at += run;
        }
    }
    flush_literal(&row[literal_start..], out);
}

fn flush_literal(literal: &[u8], out: &mut Vec<u8>) {
    for chunk in literal.chunks(128) {
        out.push((chunk.len() - 1) as u8);
        out.extend_from_slice(chunk);
    }
}
