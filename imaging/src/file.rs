//! A DICOM File (PS3.10 section 7) as the walker leaves it: its attributes, and where its pixel data is.

use std::ops::Range;

use dicom_dictionary_std::tags;
use thiserror::Error;

use crate::dataset::{DataSet, Element, Tag, VR, Value};

/// The attributes of a file and the place of its pixel data.
///
/// # Offsets
/// Every offset counts from the first byte of the file. Where `deflated` is true, offsets count in the file's inflated form
/// instead: the original bytes up to the end of the file meta information, followed by the inflated data set.
/// `inflated` makes that form of a file's bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct DicomFile {
    /// File meta information, group 0002; empty where the file has none.
    pub meta: DataSet,
    /// The data set. The pixel data element is in it as `Value::Bulk`, unless `read_header` read the file.
    pub dataset: DataSet,
    /// UID of the transfer syntax without padding; the one that was detected where the file names none.
    pub transfer_syntax: String,
    pub pixel_data: Option<PixelDataLayout>,
    /// Where the pixel data element begins, or the length of the file when it has none.
    pub header_end: u64,
    /// Bytes of the file, or of its inflated form.
    pub length: u64,
    pub deflated: bool,
    /// Where the data set begins: after the preamble and the file meta information.
    pub dataset_start: u64,
}

/// Where the pixel data is.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelDataLayout {
    /// Float Pixel Data (7FE0,0008), Double Float Pixel Data (7FE0,0009) or Pixel Data (7FE0,0010).
    pub tag: Tag,
    /// Where the element begins.
    pub offset: u64,
    pub encoding: PixelEncoding,
}

/// Native or encapsulated (PS3.5 section 8 and annex A.4).
#[derive(Debug, Clone, PartialEq)]
pub enum PixelEncoding {
    /// The value, in the byte order of the file.
    Native(Range<u64>),
    Encapsulated {
        /// Offsets of the frames' first item headers from the end of the offset table's item: extended if there is one, else basic; may be empty.
        offset_table: Vec<u64>,
        /// Extended Offset Table Lengths (7FE0,0002); may be empty.
        extended_lengths: Vec<u64>,
        /// The values of the fragments without their item headers, offset table excluded.
        fragments: Vec<Range<u64>>,
        /// Indices of the fragments that begin with the start marker of a JPEG, JPEG-LS, JPEG 2000 or JPEG XL codestream.
        codestream_starts: Vec<u32>,
    },
}

/// The first bytes of an explicit pixel data element: its tag and its VR.
pub const PIXEL_DATA_START: u64 = 6;

/// Why the frames of a file cannot be located.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("the file holds no pixel data")]
    NoPixels,
    #[error("the pixel data is a video stream ({transfer_syntax}); single frames have no bytes of their own")]
    Video { transfer_syntax: String },
    #[error(
        "the file describes {frames} frames, but its pixel data has {fragments} fragments that do not tell where each begins"
    )]
    Ambiguous { frames: u32, fragments: usize },
    #[error("the file describes {frames} frames; at most {limit} are allowed")]
    TooMany { frames: u32, limit: u32 },
    #[error("the pixel data is shorter than the {frames} frames that the file describes")]
    Short { frames: u32 },
}

/// Frames of one file whose places are worked out: a million one-pixel frames cost as much memory as a large image.
const MAX_FRAMES: u32 = 1 << 20;

/// A fragment's item header: tag (FFFE,E000) and 32 bits of length.
const ITEM_HEADER: u64 = 8;

impl DicomFile {
    /// Number of Frames (0028,0008), 1 when it is absent or no positive number.
    pub fn number_of_frames(&self) -> u32 {
        let frames = self.dataset.int(tags::NUMBER_OF_FRAMES).and_then(|frames| u32::try_from(frames).ok());
        frames.unwrap_or(1).max(1)
    }

    /// Notes the VR of the pixel data element that begins with `start`, for a file of which `read_header` read the rest: big endian
    /// 8-bit samples lie in it as the VR says. Does nothing in other byte orders, which need no VR.
    pub fn note_pixel_data(&mut self, start: &[u8]) {
        let vr = match start {
            [0x7F, 0xE0, 0x00, 0x10, b'O', b'B'] => VR::OB,
            [0x7F, 0xE0, 0x00, 0x10, b'O', b'W'] => VR::OW,
            _ => return,
        };
        let value = Value::Bulk(self.header_end..self.header_end);
        self.dataset.push(Element {
            tag: tags::PIXEL_DATA,
            vr,
            value,
        });
    }

    /// Whether the transfer syntax is MPEG-2, MPEG-4 AVC/H.264, HEVC/H.265 or SMPTE ST 2110 (PS3.5 sections 8.2.5 to 8.2.8): frames without own bytes.
    pub fn is_video(&self) -> bool {
        let Some(rest) = self.transfer_syntax.strip_prefix("1.2.840.10008.1.2.") else {
            return false;
        };
        let mpeg = rest
            .strip_prefix("4.")
            .and_then(|rest| rest.split('.').next())
            .and_then(|number| number.parse().ok());
        mpeg.is_some_and(|number: u16| (100..=108).contains(&number)) || rest.starts_with("7.")
    }

    /// Bits of one frame as the attributes describe it, decoded for encapsulated pixel data. 65535 x 65535 x 65535 samples of 65535 bits fit.
    pub(crate) fn frame_bits(&self) -> u128 {
        let attribute =
            |tag, absent| self.dataset.int(tag).and_then(|value| u16::try_from(value).ok()).unwrap_or(absent);
        let pixels = u128::from(attribute(tags::ROWS, 0)) * u128::from(attribute(tags::COLUMNS, 0));
        let bits = match self.pixel_data.as_ref().map(|pixels| pixels.tag) {
            Some(tags::FLOAT_PIXEL_DATA) => 32,
            Some(tags::DOUBLE_FLOAT_PIXEL_DATA) => 64,
            _ => attribute(tags::BITS_ALLOCATED, 8),
        };
        let samples = match self.dataset.text(tags::PHOTOMETRIC_INTERPRETATION).as_deref() {
            // Chrominance sampled at every second column: Y Y Cb Cr (PS3.3 C.7.6.3.1.2).
            Some("YBR_FULL_422" | "YBR_PARTIAL_422") if self.is_native() => 2,
            _ => attribute(tags::SAMPLES_PER_PIXEL, 1),
        };
        pixels * u128::from(samples) * u128::from(bits)
    }

    fn is_native(&self) -> bool {
        matches!(
            self.pixel_data,
            Some(PixelDataLayout {
                encoding: PixelEncoding::Native(_),
                ..
            })
        )
    }

    /// The bytes of each frame: one contiguous range a frame.
    ///
    /// Native frames that do not end on a byte (one bit an entry) share the byte at their border. An encapsulated frame spans
    /// from its first fragment's item header to the end of its last fragment, with the item headers between.
    ///
    /// # Errors
    /// `NoPixels`, `Video`, `Short`, `TooMany`, and `Ambiguous` where neither offset table, number of fragments nor codestream start
    /// markers tell where a frame begins.
    pub fn frame_ranges(&self) -> Result<Vec<Range<u64>>, FrameError> {
        let pixels = self.pixel_data.as_ref().ok_or(FrameError::NoPixels)?;
        match &pixels.encoding {
            PixelEncoding::Native(range) => self.native_frames(range),
            PixelEncoding::Encapsulated { .. } if self.is_video() => Err(FrameError::Video {
                transfer_syntax: self.transfer_syntax.clone(),
            }),
            PixelEncoding::Encapsulated {
                offset_table,
                fragments,
                codestream_starts,
                ..
            } => self.encapsulated_frames(offset_table, fragments, codestream_starts),
        }
    }

    fn native_frames(&self, range: &Range<u64>) -> Result<Vec<Range<u64>>, FrameError> {
        let frames = self.number_of_frames();
        if frames > MAX_FRAMES {
            return Err(FrameError::TooMany {
                frames,
                limit: MAX_FRAMES,
            });
        }
        let bits = self.frame_bits();
        if bits == 0 {
            return Err(FrameError::NoPixels);
        }
        let held = u128::from(range.end - range.start) * 8;
        if bits * u128::from(frames) > held {
            return Err(FrameError::Short { frames });
        }
        // Everything below is within the value, so that it fits 64 bits.
        let bits = bits as u64;
        let frame = |index: u64| range.start + index * bits / 8..range.start + ((index + 1) * bits).div_ceil(8);
        Ok((0..u64::from(frames)).map(frame).collect())
    }

    fn encapsulated_frames(
        &self,
        offset_table: &[u64],
        fragments: &[Range<u64>],
        codestream_starts: &[u32],
    ) -> Result<Vec<Range<u64>>, FrameError> {
        let frames = self.number_of_frames();
        let count = frames as usize;
        let ambiguous = FrameError::Ambiguous {
            frames,
            fragments: fragments.len(),
        };
        let Some(first) = fragments.first() else {
            return Err(ambiguous);
        };
        let starts: Vec<usize> = if fragments.len() == count {
            (0..count).collect()
        } else if let Some(starts) = starts_by_offset(offset_table, fragments, first.start - ITEM_HEADER)
            && starts.len() == count
        {
            starts
        } else if count == 1 {
            vec![0]
        } else if codestream_starts.len() == count && codestream_starts.first() == Some(&0) {
            codestream_starts.iter().map(|&index| index as usize).collect()
        } else {
            return Err(ambiguous);
        };
        let ends = starts.iter().skip(1).copied().chain([fragments.len()]);
        let frame = |(start, end): (&usize, usize)| {
            let (first, last) = (fragments.get(*start)?, fragments.get(end.checked_sub(1)?)?);
            Some(first.start - ITEM_HEADER..last.end)
        };
        starts.iter().zip(ends).map(frame).collect::<Option<_>>().ok_or(ambiguous)
    }
}

/// The index of each frame's first fragment by the offset table; `None` when an offset is not the beginning of a fragment or offsets do not rise from 0.
fn starts_by_offset(offset_table: &[u64], fragments: &[Range<u64>], base: u64) -> Option<Vec<usize>> {
    let find = |offset: &u64| {
        let value = base.checked_add(*offset)?.checked_add(ITEM_HEADER)?;
        fragments.binary_search_by_key(&value, |fragment| fragment.start).ok()
    };
    let starts = offset_table.iter().map(find).collect::<Option<Vec<usize>>>()?;
    (starts.first() == Some(&0) && starts.is_sorted_by(|a, b| a < b)).then_some(starts)
}
