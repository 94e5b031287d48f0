//! The Image Pixel module of a data set (PS3.3 C.7.6.3), checked once so that everything after it can trust the numbers.

use dicom_dictionary_std::tags;

use super::error::PixelError;
use super::syntax::{self, Family};
use crate::dataset::{DataSet, Tag, VR};

/// The largest frame that is decoded, in pixels.
pub const MAX_FRAME_PIXELS: u64 = 1 << 28;
/// The largest frame that is decoded, in bytes of samples.
pub const MAX_FRAME_BYTES: u64 = 1 << 30;

/// Photometric Interpretation (0028,0004), PS3.3 C.7.6.3.1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photometric {
    Monochrome1,
    Monochrome2,
    PaletteColor,
    Rgb,
    YbrFull,
    YbrFull422,
    YbrPartial422,
    YbrPartial420,
    YbrIct,
    YbrRct,
    /// JPEG XL alone.
    Xyb,
}

impl Photometric {
    /// The defined term, or `None` for retired (HSV, ARGB, CMYK) and unknown terms.
    pub fn parse(term: &str) -> Option<Self> {
        Some(match term.trim_matches(|c: char| c == ' ' || c == '\0') {
            "MONOCHROME1" => Self::Monochrome1,
            "MONOCHROME2" => Self::Monochrome2,
            "PALETTE COLOR" => Self::PaletteColor,
            "RGB" => Self::Rgb,
            "YBR_FULL" => Self::YbrFull,
            "YBR_FULL_422" => Self::YbrFull422,
            "YBR_PARTIAL_422" => Self::YbrPartial422,
            "YBR_PARTIAL_420" => Self::YbrPartial420,
            "YBR_ICT" => Self::YbrIct,
            "YBR_RCT" => Self::YbrRct,
            "XYB" => Self::Xyb,
            _ => return None,
        })
    }

    pub fn term(self) -> &'static str {
        match self {
            Self::Monochrome1 => "MONOCHROME1",
            Self::Monochrome2 => "MONOCHROME2",
            Self::PaletteColor => "PALETTE COLOR",
            Self::Rgb => "RGB",
            Self::YbrFull => "YBR_FULL",
            Self::YbrFull422 => "YBR_FULL_422",
            Self::YbrPartial422 => "YBR_PARTIAL_422",
            Self::YbrPartial420 => "YBR_PARTIAL_420",
            Self::YbrIct => "YBR_ICT",
            Self::YbrRct => "YBR_RCT",
            Self::Xyb => "XYB",
        }
    }

    pub fn is_ybr(self) -> bool {
        matches!(
            self,
            Self::YbrFull | Self::YbrFull422 | Self::YbrPartial422 | Self::YbrPartial420 | Self::YbrIct | Self::YbrRct
        )
    }

    /// One chroma pair for two pixels in uncompressed data.
    pub fn is_subsampled(self) -> bool {
        matches!(self, Self::YbrFull422 | Self::YbrPartial422 | Self::YbrPartial420)
    }
}

/// Which of the three pixel data elements the samples come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleKind {
    /// Pixel Data (7FE0,0010).
    Integer,
    /// Float Pixel Data (7FE0,0008).
    Float,
    /// Double Float Pixel Data (7FE0,0009).
    Double,
}

/// What the data set says about its pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelDescription {
    pub rows: u32,
    pub columns: u32,
    pub samples_per_pixel: u16,
    pub bits_allocated: u16,
    pub bits_stored: u16,
    pub high_bit: u16,
    pub signed: bool,
    pub photometric: Photometric,
    /// Planar Configuration 1: all samples of one channel, then all of the next.
    pub planar: bool,
    pub number_of_frames: u32,
    pub kind: SampleKind,
    /// Eight-bit samples lie in big endian 16-bit words, two by two in reverse (PS3.5 A.3).
    pub swapped: bool,
    /// Transfer syntax UID.
    pub transfer_syntax: String,
}

impl PixelDescription {
    /// Reads the Image Pixel module of `header`, which needs no pixel data.
    ///
    /// # Errors
    /// `Missing` or `Invalid` when the module is incomplete or contradicts itself, `TooLarge` beyond the pixel budget.
    pub fn from_dataset(header: &DataSet, transfer_syntax: &str) -> Result<Self, PixelError> {
        let kind = kind(header);
        let samples_per_pixel = within(header, tags::SAMPLES_PER_PIXEL, "Samples per Pixel", 1..=4)?.unwrap_or(1);
        let bits_allocated = match kind {
            SampleKind::Float => 32,
            SampleKind::Double => 64,
            SampleKind::Integer => required(header, tags::BITS_ALLOCATED, "Bits Allocated", 1..=64)?,
        };
        let bits_stored =
            within(header, tags::BITS_STORED, "Bits Stored", 1..=i64::from(bits_allocated))?.unwrap_or(bits_allocated);
        let high_bit = within(header, tags::HIGH_BIT, "High Bit", 0..=i64::from(bits_allocated) - 1)?
            .unwrap_or(bits_stored - 1)
            .max(bits_stored - 1);
        let description = Self {
            rows: required(header, tags::ROWS, "Rows", 1..=65535)?,
            columns: required(header, tags::COLUMNS, "Columns", 1..=65535)?,
            samples_per_pixel,
            bits_allocated,
            bits_stored,
            high_bit,
            signed: header.int(tags::PIXEL_REPRESENTATION) == Some(1),
            photometric: photometric(header, samples_per_pixel)?,
            planar: samples_per_pixel > 1 && header.int(tags::PLANAR_CONFIGURATION) == Some(1),
            number_of_frames: header.int(tags::NUMBER_OF_FRAMES).unwrap_or(1).clamp(1, i64::from(u32::MAX)) as u32,
            kind,
            swapped: swapped(header, transfer_syntax, bits_allocated)?,
            transfer_syntax: transfer_syntax.to_owned(),
        };
        description.check()?;
        Ok(description)
    }

    /// Pixels of one frame.
    pub fn frame_pixels(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Samples of one decoded frame, chroma at full resolution.
    pub fn frame_samples(&self) -> u64 {
        self.frame_pixels() * u64::from(self.samples_per_pixel)
    }

    /// Bytes of one decoded frame in its container (one byte a sample when one bit is allocated).
    pub fn frame_bytes(&self) -> u64 {
        self.frame_samples() * u64::from(self.bits_allocated.div_ceil(8))
    }

    fn check(&self) -> Result<(), PixelError> {
        if !matches!(self.samples_per_pixel, 1 | 3) {
            return Err(PixelError::Invalid {
                attribute: "Samples per Pixel",
                value: self.samples_per_pixel.to_string(),
                rule: "it must be 1 or 3",
            });
        }
        if !matches!(self.bits_allocated, 1 | 8 | 16 | 32) && self.kind != SampleKind::Double {
            return Err(PixelError::Invalid {
                attribute: "Bits Allocated",
                value: self.bits_allocated.to_string(),
                rule: "it must be 1, 8, 16 or 32",
            });
        }
        let colour = !matches!(
            self.photometric,
            Photometric::Monochrome1 | Photometric::Monochrome2 | Photometric::PaletteColor
        );
        if colour != (self.samples_per_pixel == 3) {
            return Err(PixelError::Invalid {
                attribute: "Photometric Interpretation",
                value: self.photometric.term().to_owned(),
                rule: "it does not go with Samples per Pixel",
            });
        }
        if self.photometric == Photometric::Xyb && syntax::family(&self.transfer_syntax) != Family::JpegXl {
            return Err(PixelError::Invalid {
                attribute: "Photometric Interpretation",
                value: self.photometric.term().to_owned(),
                rule: "only JPEG XL has it",
            });
        }
        if self.frame_pixels() > MAX_FRAME_PIXELS || self.frame_bytes() > MAX_FRAME_BYTES {
            return Err(PixelError::TooLarge {
                columns: self.columns,
                rows: self.rows,
                bytes: self.frame_bytes(),
            });
        }
        Ok(())
    }
}

/// By the element where `header` reaches that far; else by Bits Stored, which only integer pixel data has (PS3.3 C.7.6.24).
fn kind(header: &DataSet) -> SampleKind {
    let has = |tag| header.get(tag).is_some();
    if has(tags::PIXEL_DATA) || has(tags::BITS_STORED) {
        return SampleKind::Integer;
    }
    match header.int(tags::BITS_ALLOCATED) {
        Some(32) => SampleKind::Float,
        Some(64) => SampleKind::Double,
        _ => SampleKind::Integer,
    }
}

/// Only the VR of Pixel Data tells whether big endian 8-bit samples are swapped, so a header without it is not guessed at.
fn swapped(header: &DataSet, transfer_syntax: &str, bits_allocated: u16) -> Result<bool, PixelError> {
    if bits_allocated > 8 || syntax::family(transfer_syntax) != (Family::Native { big_endian: true }) {
        return Ok(false);
    }
    match header.get(tags::PIXEL_DATA) {
        Some(element) => Ok(element.vr == VR::OW),
        None => Err(PixelError::unsupported(
            transfer_syntax,
            "an 8-bit image without the VR of its Pixel Data",
        )),
    }
}

fn photometric(header: &DataSet, samples_per_pixel: u16) -> Result<Photometric, PixelError> {
    let Some(term) = header.text(tags::PHOTOMETRIC_INTERPRETATION) else {
        return Ok(if samples_per_pixel == 1 {
            Photometric::Monochrome2
        } else {
            Photometric::Rgb
        });
    };
    Photometric::parse(&term).ok_or_else(|| PixelError::Invalid {
        attribute: "Photometric Interpretation",
        value: "not a current defined term".to_owned(),
        rule: "it must be one of PS3.3 C.7.6.3.1.2",
    })
}

fn required<T: TryFrom<i64>>(
    header: &DataSet,
    tag: Tag,
    attribute: &'static str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<T, PixelError> {
    within(header, tag, attribute, range)?.ok_or(PixelError::Missing(attribute))
}

fn within<T: TryFrom<i64>>(
    header: &DataSet,
    tag: Tag,
    attribute: &'static str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<T>, PixelError> {
    let Some(value) = header.int(tag) else {
        return Ok(None);
    };
    let invalid = || PixelError::Invalid {
        attribute,
        value: value.to_string(),
        rule: "it is out of range",
    };
    if !range.contains(&value) {
        return Err(invalid());
    }
    T::try_from(value).map(Some).map_err(|_| invalid())
}
