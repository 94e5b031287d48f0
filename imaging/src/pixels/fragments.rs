//! From the byte range of an encapsulated frame to its codestream (PS3.5 A.4).
//!
//! A range runs from the item header of the first fragment to the end of the last; the 8-byte headers in between are not codestream.

use std::borrow::Cow;

use super::error::PixelError;

const ITEM: [u8; 4] = [0xFE, 0xFF, 0x00, 0xE0];
const SEQUENCE_DELIMITATION: [u8; 4] = [0xFE, 0xFF, 0xDD, 0xE0];

/// The codestream of the frame in `range`: borrowed when it is one fragment, joined otherwise.
///
/// # Errors
/// `Damaged` when the range does not consist of whole items.
pub fn codestream<'a>(range: &'a [u8], syntax: &str) -> Result<Cow<'a, [u8]>, PixelError> {
    let (first, mut rest) = item(range, syntax)?;
    if rest.is_empty() || rest.starts_with(&SEQUENCE_DELIMITATION) {
        return Ok(Cow::Borrowed(first));
    }
    let mut joined = Vec::with_capacity(range.len());
    joined.extend_from_slice(first);
    while !rest.is_empty() && !rest.starts_with(&SEQUENCE_DELIMITATION) {
        let (fragment, tail) = item(rest, syntax)?;
        joined.extend_from_slice(fragment);
        rest = tail;
    }
    Ok(Cow::Owned(joined))
}

fn item<'a>(bytes: &'a [u8], syntax: &str) -> Result<(&'a [u8], &'a [u8]), PixelError> {
    let header = bytes.get(..8).ok_or_else(|| PixelError::damaged(syntax, "a fragment has no item header"))?;
    if header[..4] != ITEM {
        return Err(PixelError::damaged(
            syntax,
            "a fragment does not start with an item tag (FFFE,E000)",
        ));
    }
    let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
    let body = &bytes[8..];
    if length > body.len() {
        return Err(PixelError::Truncated {
            expected: length as u64,
            found: body.len() as u64,
        });
    }
    Ok(body.split_at(length))
}
