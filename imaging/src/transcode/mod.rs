//! One DICOM file into another transfer syntax, everything but the pixel data carried over.
//!
//! Lossless means proven: every frame of a lossless result has been decoded again and compared sample by sample before it is returned, by a
//! decoder that shares no code with the encoder wherever there is one. A mismatch is an error, never a result.

mod derived;
mod frame;
mod jpeg;
mod jpeg2000;
mod jpegls;
pub(crate) mod write;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use dicom_dictionary_std::tags;

pub use write::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME};

use crate::dataset::{Element, Tag, VR, Value};
use crate::file::{DicomFile, FrameError};
use crate::guard::{Limits, Refusal};
use crate::pixels::syntax::{self, Family};
use crate::pixels::{Photometric, PixelDescription, PixelError, SampleKind};

/// What a file can be transcoded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetSyntax {
    ExplicitVrLittleEndian,
    DeflatedExplicitVrLittleEndian,
    /// Lossy; 8-bit greyscale and colour alone.
    JpegBaseline,
    JpegLosslessSv1,
    JpegLsLossless,
    Jpeg2000Lossless,
    Htj2kLossless,
    RleLossless,
}

impl TargetSyntax {
    pub const ALL: [Self; 8] = [
        Self::ExplicitVrLittleEndian,
        Self::DeflatedExplicitVrLittleEndian,
        Self::JpegBaseline,
        Self::JpegLosslessSv1,
        Self::JpegLsLossless,
        Self::Jpeg2000Lossless,
        Self::Htj2kLossless,
        Self::RleLossless,
    ];

    pub fn uid(self) -> &'static str {
        match self {
            Self::ExplicitVrLittleEndian => syntax::EXPLICIT_VR_LITTLE_ENDIAN,
            Self::DeflatedExplicitVrLittleEndian => syntax::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
            Self::JpegBaseline => syntax::JPEG_BASELINE,
            Self::JpegLosslessSv1 => syntax::JPEG_LOSSLESS_SV1,
            Self::JpegLsLossless => syntax::JPEG_LS_LOSSLESS,
            Self::Jpeg2000Lossless => syntax::JPEG_2000_LOSSLESS,
            Self::Htj2kLossless => syntax::HTJ2K_LOSSLESS,
            Self::RleLossless => syntax::RLE_LOSSLESS,
        }
    }

    /// The target with this transfer syntax UID.
    pub fn from_uid(uid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.uid() == uid)
    }

    pub fn is_lossy(self) -> bool {
        self == Self::JpegBaseline
    }

    fn is_native(self) -> bool {
        matches!(
            self,
            Self::ExplicitVrLittleEndian | Self::DeflatedExplicitVrLittleEndian
        )
    }
}

/// What a lossy result lost (PS3.3 C.7.6.1.1.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Lossy {
    /// Bytes of the uncompressed frames divided by bytes of the compressed ones.
    pub ratio: f64,
    /// Defined term of Lossy Image Compression Method (0028,2114).
    pub method: &'static str,
}

/// A transcoded file.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcoded {
    pub bytes: Vec<u8>,
    pub transfer_syntax: &'static str,
    /// A new one when the result is lossy, else the source's.
    pub sop_instance_uid: String,
    pub lossy: Option<Lossy>,
}

/// Why a file was not transcoded.
#[derive(Debug, thiserror::Error)]
pub enum TranscodeError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Frames(#[from] FrameError),
    #[error(transparent)]
    Pixels(#[from] PixelError),
    #[error("{target} cannot hold {what}; choose another transfer syntax")]
    Unsuitable { target: &'static str, what: String },
    #[error("{target}: the encoder failed: {reason}")]
    Encoder { target: &'static str, reason: String },
    #[error("{target}: frame {frame} does not decode to the original samples; nothing was written")]
    Mismatch { target: &'static str, frame: u32 },
    #[error("the result would be longer than 1 GiB")]
    TooLong,
    #[error("cancelled")]
    Cancelled,
}

impl TranscodeError {
    fn unsuitable(target: TargetSyntax, what: impl Into<String>) -> Self {
        Self::Unsuitable {
            target: syntax::name(target.uid()),
            what: what.into(),
        }
    }

    fn encoder(target: TargetSyntax, reason: impl ToString) -> Self {
        Self::Encoder {
            target: syntax::name(target.uid()),
            reason: reason.to_string(),
        }
    }
}

/// Bytes of pixel data that a result may have; it is held in memory.
const MAX_RESULT: u64 = 1 << 30;

/// Transcodes a whole file. `quality` (1 to 100, 90 when absent) is for lossy targets. `progress` is told (done, total) after each
/// frame and may stop the work.
///
/// # Errors
/// See [`TranscodeError`]; nothing is ever returned in part.
pub fn transcode(
    file_bytes: &[u8],
    target: TargetSyntax,
    quality: Option<u8>,
    progress: &mut dyn FnMut(u32, u32) -> ControlFlow<()>,
) -> Result<Transcoded, TranscodeError> {
    let limits = Limits::default();
    let file = DicomFile::read(file_bytes, &limits)?;
    let bytes = file.inflated(file_bytes, &limits)?;
    let desc = PixelDescription::from_dataset(&file.dataset, &file.transfer_syntax)?;
    let source = frame::Source::new(&desc, target)?;
    let ranges = file.frame_ranges()?;
    let total = ranges.len() as u32;
    if target.is_native() && u64::from(total).saturating_mul(desc.frame_bytes()) > MAX_RESULT {
        return Err(TranscodeError::TooLong);
    }
    let mut frames = Vec::with_capacity(ranges.len());
    let mut length = 0;
    let mut outcome = None;
    for (range, index) in ranges.iter().zip(0..) {
        let data = bytes.get(range.start as usize..range.end as usize);
        let data = data.ok_or(PixelError::Truncated {
            expected: range.end,
            found: bytes.len() as u64,
        })?;
        let coded = frame::transcode(&source, target, quality.unwrap_or(90), index, data)?;
        outcome = Some(coded.outcome);
        length += coded.bytes.len() as u64;
        if length > MAX_RESULT {
            return Err(TranscodeError::TooLong);
        }
        frames.push(coded.bytes);
        if progress(index + 1, total).is_break() {
            return Err(TranscodeError::Cancelled);
        }
    }
    let outcome = outcome.ok_or(PixelError::NoSuchFrame { index: 0, count: 0 })?;
    let mut elements = write::elements(&file, &bytes)?;
    describe(&mut elements, &desc, &outcome);
    let lossy = target.is_lossy().then(|| Lossy {
        ratio: ratio(&desc, &frames),
        method: "ISO_10918_1",
    });
    if let Some(lossy) = &lossy {
        derived::mark(&mut elements, &file.dataset, lossy, quality.unwrap_or(90));
    }
    set_pixel_data(&mut elements, &desc, target, frames)?;
    write::file(&file.meta, elements, target).map(|(bytes, sop_instance_uid)| Transcoded {
        bytes,
        transfer_syntax: target.uid(),
        sop_instance_uid,
        lossy,
    })
}

pub(crate) type Elements = BTreeMap<Tag, Element>;

/// The Image Pixel attributes that the new encoding changes.
fn describe(elements: &mut Elements, desc: &PixelDescription, outcome: &frame::Outcome) {
    let mut set = |tag, vr, value: Vec<u8>| {
        elements.insert(
            tag,
            Element {
                tag,
                vr,
                value: Value::Bytes(value),
            },
        );
    };
    if desc.kind != SampleKind::Integer {
        return;
    }
    set(
        tags::PHOTOMETRIC_INTERPRETATION,
        VR::CS,
        write::padded(outcome.photometric.term(), b' '),
    );
    set(
        tags::BITS_ALLOCATED,
        VR::US,
        outcome.bits_allocated.to_le_bytes().to_vec(),
    );
    set(tags::BITS_STORED, VR::US, outcome.bits_stored.to_le_bytes().to_vec());
    set(tags::HIGH_BIT, VR::US, outcome.high_bit.to_le_bytes().to_vec());
    if desc.samples_per_pixel > 1 {
        set(tags::PLANAR_CONFIGURATION, VR::US, 0u16.to_le_bytes().to_vec());
    }
}

fn ratio(desc: &PixelDescription, frames: &[Vec<u8>]) -> f64 {
    let compressed: usize = frames.iter().map(Vec::len).sum();
    (desc.frame_bytes() * frames.len() as u64) as f64 / compressed.max(1) as f64
}

fn set_pixel_data(
    elements: &mut Elements,
    desc: &PixelDescription,
    target: TargetSyntax,
    frames: Vec<Vec<u8>>,
) -> Result<(), TranscodeError> {
    let (tag, vr) = match desc.kind {
        SampleKind::Float => (tags::FLOAT_PIXEL_DATA, VR::OF),
        SampleKind::Double => (tags::DOUBLE_FLOAT_PIXEL_DATA, VR::OD),
        SampleKind::Integer if target.is_native() && desc.bits_allocated > 8 => (tags::PIXEL_DATA, VR::OW),
        SampleKind::Integer => (tags::PIXEL_DATA, VR::OB),
    };
    let value = if !target.is_native() {
        write::encapsulated(&frames)?
    } else if desc.bits_allocated == 1 {
        frame::pack_bits(&frames.concat())
    } else {
        frames.concat()
    };
    elements.insert(
        tag,
        Element {
            tag,
            vr,
            value: Value::Bytes(value),
        },
    );
    Ok(())
}

/// What a decoded YBR picture is called once its chroma has full resolution; `None` when there is no such term.
fn full_resolution(photometric: Photometric) -> Option<Photometric> {
    match photometric {
        Photometric::YbrFull422 => Some(Photometric::YbrFull),
        Photometric::YbrPartial422 | Photometric::YbrPartial420 => None,
        Photometric::YbrRct | Photometric::YbrIct => Some(Photometric::Rgb),
        other => Some(other),
    }
}

/// Whether the samples of `desc` lie uncompressed in the file.
fn is_native(desc: &PixelDescription) -> bool {
    matches!(
        syntax::family(&desc.transfer_syntax),
        Family::Native { .. } | Family::DeflatedFrame
    )
}
