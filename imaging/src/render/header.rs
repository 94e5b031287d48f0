//! What a PNG or JPEG file that others made says of its size: read from its first bytes, nothing is decoded.

use super::Format;

/// So many bytes of a file are enough, unless a JPEG's metadata is longer.
pub const ENOUGH: u64 = 64 << 10;

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Columns and rows; `None` when the bytes do not begin a file of that format, or say nothing of its size.
pub fn size(format: Format, head: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = match format {
        Format::Png => png(head)?,
        Format::Jpeg => jpeg(head)?,
    };
    (width > 0 && height > 0).then_some((width, height))
}

/// The IHDR chunk comes first (PNG specification, 11.2.1).
fn png(head: &[u8]) -> Option<(u32, u32)> {
    let header = head.strip_prefix(PNG_SIGNATURE)?.get(..16)?;
    let number = |at: usize| header.get(at..at + 4)?.try_into().map(u32::from_be_bytes).ok();
    (&header[4..8] == b"IHDR").then_some(())?;
    Some((number(8)?, number(12)?))
}

/// The first frame header (ITU-T T.81, B.2.2); the segments before it are passed over by their lengths.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut rest = head.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, marker, more @ ..] = rest else { return None };
        match *marker {
            // Fill bytes.
            0xff => rest = &rest[1..],
            // Start of frame; C4, C8 and CC are other segments.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(marker) => {
                let number = |at: usize| more.get(at..at + 2)?.try_into().map(u16::from_be_bytes).ok().map(u32::from);
                return Some((number(5)?, number(3)?));
            }
            // Scans begin, or the file ends: too late for a header.
            0xd8..=0xda => return None,
            _ => {
                let length = u16::from_be_bytes(more.get(..2)?.try_into().ok()?);
                rest = more.get(usize::from(length)..)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Picture, PictureData, encode};

    #[test]
    fn the_size_of_what_we_encode_is_read_back() {
        let picture = |data| Picture {
            width: 7,
            height: 5,
            data,
        };
        let pictures = [
            picture(PictureData::Grey(vec![9; 35])),
            picture(PictureData::Rgb(vec![9; 105])),
        ];
        for picture in pictures {
            for format in [Format::Png, Format::Jpeg] {
                let file = encode(&picture, format, 85).unwrap();
                assert_eq!(size(format, &file), Some((7, 5)));
                let other = if format == Format::Png {
                    Format::Jpeg
                } else {
                    Format::Png
                };
                assert_eq!(size(other, &file), None);
                // Cut anywhere, it is a size or none, never a panic.
                for length in 0..file.len() {
                    assert!([None, Some((7, 5))].contains(&size(format, &file[..length])));
                }
            }
        }
    }

    #[test]
    fn metadata_before_the_frame_header_is_passed_over() {
        let frame = b"\xff\xc0\x00\x0b\x08\x00\x03\x00\x04\x01\x01\x11\x00";
        let exif = b"\xff\xe1\x00\x06\xff\xc0\xff\xc0";
        let file = [b"\xff\xd8".as_slice(), exif, b"\xff", frame].concat();
        assert_eq!(size(Format::Jpeg, &file), Some((4, 3)));
        let empty = [b"\xff\xd8".as_slice(), b"\xff\xc0\x00\x0b\x08\x00\x00\x00\x04"].concat();
        assert_eq!(size(Format::Jpeg, &empty), None);
        assert_eq!(size(Format::Jpeg, b"\xff\xd8\xff\xe1\x00\x00\xff\xe1\x00\x00"), None);
    }
}
