//! Encapsulated values while they are read: offset table, fragments and the start markers of codestreams (PS3.5 annex A.4).

use std::ops::Range;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::dataset::{DataSet, VR};
use crate::file::{PixelDataLayout, PixelEncoding};

/// An element of undefined length that holds fragments.
#[derive(Debug)]
pub(super) struct Fragments {
    pub tag: Tag,
    pub vr: VR,
    pub offset: u64,
    pub start: u64,
    /// Whether this is the pixel data of the file, and not that of an icon inside a sequence.
    pub located: bool,
    /// The value of the first item: the basic offset table; `None` before that item.
    pub table: Option<Vec<u8>>,
    pub fragments: Vec<Range<u64>>,
    pub codestream_starts: Vec<u32>,
}

/// The bytes by which a fragment tells that a codestream begins in it.
pub(super) const MARKER: usize = 4;

impl Fragments {
    /// Notes that the fragment opened last begins with these bytes.
    pub(super) fn begins_with(&mut self, marker: &[u8]) {
        // JPEG and JPEG-LS: SOI and the next marker; JPEG 2000: SOC and SIZ; JP2 and JPEG XL containers: signature box; JPEG XL.
        let starts = marker.starts_with(&[0xff, 0xd8, 0xff])
            || marker == [0xff, 0x4f, 0xff, 0x51]
            || marker == [0, 0, 0, 0x0c]
            || marker.starts_with(&[0xff, 0x0a]);
        if starts && let Ok(index) = u32::try_from(self.fragments.len().saturating_sub(1)) {
            self.codestream_starts.push(index);
        }
    }

    pub(super) fn into_layout(self, dataset: &DataSet) -> PixelDataLayout {
        let Fragments {
            tag,
            offset,
            table,
            fragments,
            codestream_starts,
            ..
        } = self;
        let extended = offsets(dataset.bytes(tags::EXTENDED_OFFSET_TABLE).unwrap_or_default());
        let extended_lengths = offsets(dataset.bytes(tags::EXTENDED_OFFSET_TABLE_LENGTHS).unwrap_or_default());
        let basic = table.unwrap_or_default();
        let basic = basic.as_chunks::<4>().0.iter().map(|offset| u64::from(u32::from_le_bytes(*offset)));
        let offset_table = if extended.is_empty() { basic.collect() } else { extended };
        PixelDataLayout {
            tag,
            offset,
            encoding: PixelEncoding::Encapsulated {
                offset_table,
                extended_lengths,
                fragments,
                codestream_starts,
            },
        }
    }
}

fn offsets(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks::<8>().0.iter().map(|offset| u64::from_le_bytes(*offset)).collect()
}

pub(super) fn is_pixel_data(tag: Tag) -> bool {
    matches!(
        tag,
        tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA
    )
}

pub(super) fn is_offset_table(tag: Tag) -> bool {
    matches!(tag, tags::EXTENDED_OFFSET_TABLE | tags::EXTENDED_OFFSET_TABLE_LENGTHS)
}
