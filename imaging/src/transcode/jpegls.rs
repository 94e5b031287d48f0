//! JPEG-LS lossless; the components of a colour picture are coded in scans of their own.

use ::jpegls::{EncodeOptions, encode_with_options};

use super::frame::Integers;
use super::{TargetSyntax, TranscodeError};

/// SOI, the frame header (SOF55) and the scan header (SOS) of a single component, as the encoder writes them.
const FRAME_MARKER: [u8; 2] = [0xFF, 0xF7];
const SCAN_MARKER: [u8; 2] = [0xFF, 0xDA];

pub fn encode(integers: &Integers) -> Result<Vec<u8>, TranscodeError> {
    let samples = integers.unsigned();
    let channels = usize::from(integers.channels);
    if channels == 1 {
        return encode_component(&samples, integers);
    }
    let mut out = frame_header(integers);
    for channel in 0..channels {
        let plane: Vec<u16> = samples.iter().skip(channel).step_by(channels).copied().collect();
        let codestream = encode_component(&plane, integers)?;
        let scan = codestream
            .windows(2)
            .position(|pair| pair == SCAN_MARKER)
            .and_then(|at| codestream.get(at..codestream.len() - 2))
            .filter(|scan| scan.len() > 5)
            .ok_or_else(|| TranscodeError::encoder(TargetSyntax::JpegLsLossless, "no scan"))?;
        let identified = out.len() + 5;
        out.extend_from_slice(scan);
        out[identified] = channel as u8 + 1;
    }
    out.extend_from_slice(&[0xFF, 0xD9]);
    Ok(out)
}

fn encode_component(samples: &[u16], integers: &Integers) -> Result<Vec<u8>, TranscodeError> {
    let mut options = EncodeOptions::default();
    options.precision = Some(integers.precision);
    let mut out = Vec::new();
    encode_with_options(samples, integers.columns, integers.rows, &options, &mut out)
        .map_err(|error| TranscodeError::encoder(TargetSyntax::JpegLsLossless, error))?;
    Ok(out)
}

fn frame_header(integers: &Integers) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    out.extend_from_slice(&FRAME_MARKER);
    out.extend_from_slice(&(8 + 3 * integers.channels).to_be_bytes());
    out.push(integers.precision);
    out.extend_from_slice(&(integers.rows as u16).to_be_bytes());
    out.extend_from_slice(&(integers.columns as u16).to_be_bytes());
    out.push(integers.channels as u8);
    for channel in 1..=integers.channels as u8 {
        out.extend_from_slice(&[channel, 0x11, 0]);
    }
    out
}
