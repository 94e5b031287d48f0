//! What a file from outside may cost, and the words with which one that costs more is refused.
//!
//! The guard judges safety, not conformance. The walker keeps these limits while it reads; `check_pixels` compares what a
//! file says of its pixels with what it holds. No refusal quotes a value, so none can leak patient data.

use dicom_core::Tag;
use thiserror::Error;

use crate::file::{DicomFile, FrameError, PixelEncoding};

/// What reading one file may cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Sequences inside sequences.
    pub depth: usize,
    /// Data elements, items and fragments of pixel data, all together.
    pub elements: u32,
    /// Bytes of memory for captured values, with `ELEMENT_COST` for every element, item and fragment.
    pub captured_bytes: usize,
    /// The longest single value that is captured; longer ones are only located. Palettes of 65,536 entries (128 KiB) fit.
    pub captured_value: usize,
    /// The longest offset table of encapsulated pixel data, basic or extended; a longer one is refused.
    pub offset_table: usize,
    /// Bytes that a deflated data set may inflate to.
    pub inflated_bytes: u64,
    /// Bytes that one deflated byte may inflate to on average, once `INFLATE_ALLOWANCE` is passed.
    pub inflate_ratio: u64,
    /// Bytes of one decoded frame.
    pub frame_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            depth: 64,
            elements: 2_000_000,
            captured_bytes: 48 << 20,
            captured_value: 256 << 10,
            offset_table: 8 << 20,
            inflated_bytes: 1 << 30,
            inflate_ratio: 200,
            frame_bytes: 1 << 30,
        }
    }
}

/// What an element, an item or a fragment is charged besides its value.
pub(crate) const ELEMENT_COST: usize = 56;

/// A deflated data set may inflate to this many bytes before its ratio counts: blank images deflate a thousandfold.
pub(crate) const INFLATE_ALLOWANCE: u64 = 32 << 20;

/// Why a file is not taken in. Offsets are bytes from the start of the file (of its inflated form where it is deflated).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("this is not a DICOM file")]
    NotDicom,
    #[error("element {tag} at byte {offset} declares {declared} bytes, but the file ends after {present}")]
    Truncated {
        tag: Tag,
        offset: u64,
        declared: u64,
        present: u64,
    },
    #[error("the file ends at byte {length}, before the end of {tag} that begins at byte {offset}")]
    Unfinished { tag: Tag, offset: u64, length: u64 },
    #[error("element {tag} at byte {offset}: {problem}")]
    Malformed {
        tag: Tag,
        offset: u64,
        problem: &'static str,
    },
    #[error("sequence {tag} at byte {offset} is nested deeper than {limit} levels")]
    TooDeep { tag: Tag, offset: u64, limit: usize },
    #[error("the file has more than {limit} elements, items and fragments")]
    TooManyElements { limit: u32 },
    #[error("the attributes of the file need more than {limit} bytes of memory")]
    TooManyAttributes { limit: usize },
    #[error("the deflated data set is no deflate stream, or is damaged")]
    BrokenDeflate,
    #[error("the deflated data set ends at byte {length}, before its deflate stream does")]
    UnfinishedDeflate { length: u64 },
    #[error("the deflated data set inflates to more than {limit} bytes")]
    InflatesTooFar { limit: u64 },
    #[error("the deflated data set inflates more than {limit}-fold")]
    InflatesTooMuch { limit: u64 },
    #[error("the file describes {described} bytes of pixels but holds {held}")]
    PixelsMissing { described: u128, held: u64 },
    #[error("one decoded frame would need {described} bytes; at most {limit} are allowed")]
    FrameTooLarge { described: u128, limit: u64 },
    #[error(transparent)]
    Frames(#[from] FrameError),
}

impl Refusal {
    /// Whether the bytes are no DICOM at all, so that an upload of mixed files skips them.
    pub fn is_not_dicom(&self) -> bool {
        matches!(self, Refusal::NotDicom)
    }
}

/// Compares what the file says of its pixels with the bytes that it holds, before anything is allocated for them.
///
/// # Errors
/// `PixelsMissing` for native pixel data shorter than Rows x Columns x Samples per Pixel x Number of Frames ask for,
/// `FrameTooLarge` for a frame beyond the budget, `Frames` for encapsulated pixel data whose frames cannot be told apart.
pub fn check_pixels(file: &DicomFile, limits: &Limits) -> Result<(), Refusal> {
    let Some(pixels) = &file.pixel_data else {
        return Ok(());
    };
    let frame_bits = file.frame_bits();
    let described = frame_bits.div_ceil(8);
    if described > u128::from(limits.frame_bytes) {
        return Err(Refusal::FrameTooLarge {
            described,
            limit: limits.frame_bytes,
        });
    }
    match &pixels.encoding {
        PixelEncoding::Native(range) => {
            let described = (frame_bits * u128::from(file.number_of_frames())).div_ceil(8);
            let held = range.end - range.start;
            if described > u128::from(held) {
                return Err(Refusal::PixelsMissing { described, held });
            }
        }
        PixelEncoding::Encapsulated { .. } if file.is_video() => {}
        PixelEncoding::Encapsulated { .. } => match file.frame_ranges() {
            Ok(_) | Err(FrameError::Ambiguous { .. }) => {}
            Err(error) => return Err(error.into()),
        },
    }
    Ok(())
}
