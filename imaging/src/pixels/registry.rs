//! JPEG XL (ISO/IEC 18181), decoded by dicom-rs: a frame becomes a small DICOM object, which the decoder of its transfer syntax registry
//! takes whole.
//!
//! That decoder trusts the codestream, so jxl-oxide reads the headers of the image and of all of its layers first. Nothing is rendered
//! until they agree with the data set. The registry itself refuses frames of 16 MiB and more that are compressed more than 64 times.

use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileDicomObject, FileMetaTableBuilder, InMemDicomObject};
use dicom_pixeldata::PixelDecoder;
use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, InitializeResult, JxlImage};

use super::codestream::{IntegerData, Integers, check_header};
use super::description::{Photometric, PixelDescription};
use super::error::PixelError;
use crate::dataset::{Tag, VR};

/// The image header and its colour profile end within this many bytes; the decoder starts again for each further 4 KiB.
const MAX_HEADER_BYTES: usize = 16 << 10;
/// Memory that reading headers may take.
const HEADER_MEMORY: usize = 16 << 20;
/// Layers of one picture: each is rendered whole, and costs a few bytes when it is empty.
const MAX_LAYERS: usize = 16;

/// What the headers of a codestream say, once they agree with the data set.
struct Header {
    precision: u8,
    /// The decoder turns the coded channels into RGB, however the data set calls them.
    transformed: bool,
}

/// Decodes one JPEG XL codestream, bare or inside of its container's boxes.
///
/// # Errors
/// `Mismatch` when its header disagrees with the data set, `Unsupported` for floats, extra channels and animations, `Damaged` when it
/// cannot be decoded whole.
pub fn decode(desc: &PixelDescription, codestream: &[u8]) -> Result<Integers, PixelError> {
    if !matches!(desc.bits_allocated, 8 | 16) {
        return Err(PixelError::unsupported(
            &desc.transfer_syntax,
            format!("{} bits allocated", desc.bits_allocated),
        ));
    }
    let header = read_header(desc, codestream)?;
    let damaged = || PixelError::damaged(&desc.transfer_syntax, "its coded data is invalid or expands too far");
    let object = object(desc, codestream).ok_or_else(damaged)?;
    let decoded = object.decode_pixel_data_frame(0).map_err(|_| damaged())?;
    Ok(Integers {
        data: unscaled(decoded.data(), desc.bits_allocated, header.precision),
        precision: header.precision,
        signed: false,
        photometric: photometric(desc, header.transformed),
    })
}

fn read_header(desc: &PixelDescription, codestream: &[u8]) -> Result<Header, PixelError> {
    let damaged = |reason: &str| PixelError::damaged(&desc.transfer_syntax, reason);
    let image = layers(codestream).ok_or_else(|| damaged("its headers are damaged or too long"))?;
    let metadata = &image.image_header().metadata;
    let BitDepth::IntegerSample { bits_per_sample } = metadata.bit_depth else {
        return Err(PixelError::unsupported(&desc.transfer_syntax, "floating point samples"));
    };
    let precision = u8::try_from(bits_per_sample).unwrap_or(u8::MAX);
    let components = if metadata.grayscale() { 1 } else { 3 };
    check_header(desc, image.width(), image.height(), components, precision)?;
    if !metadata.ec_info.is_empty() || metadata.preview.is_some() || metadata.animation.is_some() {
        return Err(PixelError::unsupported(
            &desc.transfer_syntax,
            "a picture with extra channels, a preview or an animation",
        ));
    }
    let count = image.num_loaded_frames();
    if !image.is_loading_done() || image.num_loaded_keyframes() != 1 || count > MAX_LAYERS {
        return Err(damaged("it is truncated or not a single picture"));
    }
    let mut transformed = metadata.xyb_encoded;
    for layer in (0..count).filter_map(|index| image.frame(index)) {
        let layer = layer.header();
        if u64::from(layer.width) * u64::from(layer.height) > desc.frame_pixels() {
            return Err(damaged("a layer is larger than the picture"));
        }
        transformed |= layer.do_ycbcr;
    }
    Ok(Header { precision, transformed })
}

/// Reads every header and renders nothing.
fn layers(codestream: &[u8]) -> Option<JxlImage> {
    let (first, rest) = codestream.split_at(codestream.len().min(MAX_HEADER_BYTES));
    let mut reader = JxlImage::builder().alloc_tracker(AllocTracker::with_limit(HEADER_MEMORY)).build_uninit();
    let taken = reader.feed_bytes(first).ok()?;
    let InitializeResult::Initialized(mut image) = reader.try_init().ok()? else {
        return None;
    };
    if taken < first.len() {
        image.feed_bytes(&codestream[taken..]).ok()?;
    } else {
        image.feed_bytes(rest).ok()?;
    }
    Some(image)
}

/// The frame as an image of its own, with the attributes that decoding needs and no others.
fn object(desc: &PixelDescription, codestream: &[u8]) -> Option<FileDicomObject<InMemDicomObject>> {
    let number = |tag: Tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let mut object = InMemDicomObject::from_element_iter([
        number(tags::SAMPLES_PER_PIXEL, desc.samples_per_pixel),
        DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, desc.photometric.term()),
        number(tags::PLANAR_CONFIGURATION, 0),
        number(tags::ROWS, u16::try_from(desc.rows).ok()?),
        number(tags::COLUMNS, u16::try_from(desc.columns).ok()?),
        number(tags::BITS_ALLOCATED, desc.bits_allocated),
        number(tags::BITS_STORED, desc.bits_stored),
        number(tags::HIGH_BIT, desc.high_bit),
        number(tags::PIXEL_REPRESENTATION, u16::from(desc.signed)),
    ]);
    let fragments = PixelFragmentSequence::new_fragments(vec![codestream.to_vec()]);
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, fragments));
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(uids::SECONDARY_CAPTURE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid("2.25.0")
        .transfer_syntax(&desc.transfer_syntax);
    object.with_meta(meta).ok()
}

/// The decoder stretches samples of fewer bits over the whole container; this takes them back.
fn unscaled(bytes: &[u8], bits_allocated: u16, precision: u8) -> IntegerData {
    let greatest = (1u32 << precision) - 1;
    if bits_allocated == 8 {
        return match precision {
            8 => bytes.to_vec().into(),
            _ => bytes.iter().map(|s| ((u32::from(*s) * greatest + 127) / 255) as u8).collect::<Vec<u8>>().into(),
        };
    }
    let samples = bytes.as_chunks::<2>().0.iter().map(|word| u16::from_ne_bytes(*word));
    match precision {
        16 => samples.collect::<Vec<u16>>().into(),
        _ => samples.map(|s| ((u32::from(s) * greatest + 32_767) / 65_535) as u16).collect::<Vec<u16>>().into(),
    }
}

fn photometric(desc: &PixelDescription, transformed: bool) -> Photometric {
    match desc.photometric {
        _ if desc.samples_per_pixel == 1 => desc.photometric,
        Photometric::YbrFull | Photometric::YbrFull422 if !transformed => Photometric::YbrFull,
        _ => Photometric::Rgb,
    }
}
