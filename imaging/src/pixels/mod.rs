//! From the bytes of one frame to its samples, in every transfer syntax that this crate decodes.
//!
//! Every decoder runs behind the same three walls: the codestream's own header must agree with the data set, the frame must fit the
//! budget, and a panic in a codec is an error of this frame. What is not decoded is an error that names the transfer syntax.

mod codestream;
pub mod description;
pub mod error;
mod fragments;
mod jpeg;
mod jpeg2000;
mod jpegls;
mod native;
mod registry;
pub(crate) mod rle;
pub mod samples;
pub mod syntax;

use std::borrow::Cow;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use description::{Photometric, PixelDescription, SampleKind};
pub use error::PixelError;
pub use samples::{SampleData, Samples};
use syntax::Family;

/// Decodes frame `index` (from 0) from `data`, the bytes of that frame's range.
///
/// For encapsulated pixel data the range runs from the item header of the frame's first fragment to the end of its last.
///
/// # Errors
/// See [`PixelError`]; a frame is decoded whole or not at all.
pub fn decode_frame(desc: &PixelDescription, index: u32, data: &[u8]) -> Result<Samples, PixelError> {
    if index >= desc.number_of_frames {
        return Err(PixelError::NoSuchFrame {
            index,
            count: desc.number_of_frames,
        });
    }
    let uid = &desc.transfer_syntax;
    let family = syntax::family(uid);
    match family {
        Family::Native { big_endian } => return native::decode(desc, index, data, big_endian),
        Family::Unsupported => return Err(PixelError::unsupported(uid, "decoding pixel data")),
        _ => {}
    }
    if desc.kind != SampleKind::Integer {
        return Err(PixelError::unsupported(uid, "compressed float pixel data"));
    }
    let codestream = fragments::codestream(data, uid)?;
    catch_unwind(AssertUnwindSafe(|| decode_codestream(desc, family, &codestream)))
        .unwrap_or_else(|_| Err(PixelError::damaged(uid, "the decoder gave up on it")))
}

/// Decodes a bare codestream, without fragments around it.
pub(crate) fn decode_codestream(desc: &PixelDescription, family: Family, bytes: &[u8]) -> Result<Samples, PixelError> {
    codestream::check_expansion(desc, bytes.len() as u64)?;
    match family {
        Family::Jpeg => codestream::fit(desc, jpeg::decode(desc, bytes)?),
        Family::JpegLs => codestream::fit(desc, jpegls::decode(desc, bytes)?),
        Family::Jpeg2000 => codestream::fit(desc, jpeg2000::decode(desc, bytes)?),
        Family::JpegXl => codestream::fit(desc, registry::decode(desc, bytes)?),
        Family::Rle => decode_rle(desc, bytes),
        Family::DeflatedFrame => native::decode(desc, 0, &inflate(desc, bytes)?, false),
        Family::Native { big_endian } => native::decode(desc, 0, bytes, big_endian),
        Family::Unsupported => Err(PixelError::unsupported(&desc.transfer_syntax, "decoding pixel data")),
    }
}

fn decode_rle(desc: &PixelDescription, bytes: &[u8]) -> Result<Samples, PixelError> {
    let planes = rle::decode(desc, bytes)?;
    let data = match desc.bits_allocated {
        1 => SampleData::U8(native::unpack_bits(&planes, 0, desc.frame_samples() as usize)?),
        _ => native::container(desc, &planes, false),
    };
    let photometric = match desc.photometric {
        Photometric::YbrFull422 => Photometric::YbrFull,
        other => other,
    };
    Ok(Samples {
        columns: desc.columns,
        rows: desc.rows,
        channels: desc.samples_per_pixel,
        photometric,
        data,
    })
}

/// Inflates a deflated frame, never further than the frame is large.
fn inflate<'a>(desc: &PixelDescription, bytes: &[u8]) -> Result<Cow<'a, [u8]>, PixelError> {
    let expected = if desc.bits_allocated == 1 {
        desc.frame_samples().div_ceil(8)
    } else {
        desc.frame_bytes()
    };
    let mut inflated = Vec::new();
    flate2::read::DeflateDecoder::new(bytes)
        .take(expected + 1)
        .read_to_end(&mut inflated)
        .map_err(|_| PixelError::damaged(&desc.transfer_syntax, "its deflate stream is invalid"))?;
    Ok(Cow::Owned(inflated))
}
