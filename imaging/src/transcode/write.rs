//! Writes a DICOM file in Explicit VR Little Endian (PS3.5 section 7, PS3.10 section 7): values go out as the bytes they came in as.

use std::io::Write;

use dicom_dictionary_std::tags;

use super::{Elements, TargetSyntax, TranscodeError};
use crate::dataset::{DataSet, Element, Tag, VR, Value};
use crate::file::DicomFile;
use crate::pixels::syntax::{self, Family};

/// Implementation Class UID (0002,0012) of files that Gantry writes.
pub const IMPLEMENTATION_CLASS_UID: &str = "2.25.205142408832082044863079424654158077876";
/// Implementation Version Name (0002,0013).
pub const IMPLEMENTATION_VERSION_NAME: &str = "GANTRY_1";

const UNDEFINED_LENGTH: u32 = u32::MAX;
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const SEQUENCE_DELIMITATION: Tag = Tag(0xFFFE, 0xE0DD);

/// The elements of `file` that its transcoded twin keeps, large values read from `bytes`.
///
/// Left out: pixel data and its offset tables, retired group lengths, padding, digital signatures (which would no longer be true), and icons
/// that are compressed in the transfer syntax of the source.
pub fn elements(file: &DicomFile, bytes: &[u8]) -> Result<Elements, TranscodeError> {
    let big_endian = syntax::family(&file.transfer_syntax) == (Family::Native { big_endian: true });
    let mut kept = Elements::new();
    for element in file.dataset.iter() {
        if is_left_out(element, bytes) {
            continue;
        }
        kept.insert(element.tag, resolved(element, bytes, big_endian)?);
    }
    Ok(kept)
}

fn is_left_out(element: &Element, bytes: &[u8]) -> bool {
    match element.tag {
        tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA => true,
        tags::EXTENDED_OFFSET_TABLE | tags::EXTENDED_OFFSET_TABLE_LENGTHS => true,
        tags::DIGITAL_SIGNATURES_SEQUENCE | tags::MAC_PARAMETERS_SEQUENCE | tags::DATA_SET_TRAILING_PADDING => true,
        tags::ICON_IMAGE_SEQUENCE => has_compressed_icon(element, bytes),
        Tag(group, 0) => group != 0,
        _ => false,
    }
}

fn has_compressed_icon(element: &Element, bytes: &[u8]) -> bool {
    let Value::Items(items) = &element.value else {
        return false;
    };
    items.iter().any(|item| {
        let start = match item.get(tags::PIXEL_DATA).map(|pixels| &pixels.value) {
            Some(Value::Bytes(value)) => value.get(..4),
            Some(Value::Bulk(range)) => bytes.get(range.start as usize..range.start as usize + 4),
            _ => None,
        };
        start == Some(&[0xFE, 0xFF, 0x00, 0xE0])
    })
}

/// The element with its value in memory and little endian.
fn resolved(element: &Element, bytes: &[u8], big_endian: bool) -> Result<Element, TranscodeError> {
    let value = match &element.value {
        Value::Bytes(value) => Value::Bytes(value.clone()),
        Value::Bulk(range) => {
            let value = bytes.get(range.start as usize..range.end as usize).ok_or(TranscodeError::TooLong)?;
            Value::Bytes(if big_endian {
                swapped(value, element.vr)
            } else {
                value.to_vec()
            })
        }
        Value::Items(items) => {
            let items = items.iter().map(|item| {
                let mut copy = DataSet::new(item.charset());
                for element in item.iter().filter(|element| element.tag.1 != 0 || element.tag.0 == 0) {
                    copy.push(resolved(element, bytes, big_endian)?);
                }
                Ok(copy)
            });
            Value::Items(items.collect::<Result<_, TranscodeError>>()?)
        }
    };
    Ok(Element {
        tag: element.tag,
        vr: element.vr,
        value,
    })
}

fn swapped(value: &[u8], vr: VR) -> Vec<u8> {
    let width = match vr {
        VR::US | VR::SS | VR::OW | VR::AT => 2,
        VR::UL | VR::SL | VR::FL | VR::OF | VR::OL => 4,
        VR::FD | VR::OD | VR::SV | VR::UV | VR::OV => 8,
        _ => 1,
    };
    value.chunks(width).flat_map(|word| word.iter().rev().copied()).collect()
}

/// A text value padded to even length.
pub fn padded(text: &str, padding: u8) -> Vec<u8> {
    let mut value = text.as_bytes().to_vec();
    if value.len() % 2 == 1 {
        value.push(padding);
    }
    value
}

/// Encapsulated pixel data, one fragment a frame, with a basic offset table where its 32 bits reach (PS3.5 A.4).
pub fn encapsulated(frames: &[Vec<u8>]) -> Result<Vec<u8>, TranscodeError> {
    let padded_length = |frame: &Vec<u8>| frame.len() + frame.len() % 2;
    let mut offsets = Vec::with_capacity(frames.len() * 4);
    let mut offset = 0usize;
    for frame in frames {
        match u32::try_from(offset) {
            Ok(offset) => offsets.extend_from_slice(&offset.to_le_bytes()),
            Err(_) => {
                offsets.clear();
                break;
            }
        }
        offset += padded_length(frame) + 8;
    }
    let total: usize = frames.iter().map(|frame| padded_length(frame) + 8).sum();
    let mut value = Vec::with_capacity(total + offsets.len() + 16);
    item_header(&mut value, offsets.len())?;
    value.extend_from_slice(&offsets);
    for frame in frames {
        item_header(&mut value, padded_length(frame))?;
        value.extend_from_slice(frame);
        if frame.len() % 2 == 1 {
            value.push(0);
        }
    }
    tag(&mut value, SEQUENCE_DELIMITATION);
    value.extend_from_slice(&0u32.to_le_bytes());
    Ok(value)
}

/// The whole file, and its SOP Instance UID.
pub fn file(meta: &DataSet, elements: Elements, target: TargetSyntax) -> Result<(Vec<u8>, String), TranscodeError> {
    let dataset: DataSet = elements.into_values().fold(DataSet::default(), |mut dataset, element| {
        dataset.push(element);
        dataset
    });
    let sop_instance_uid = dataset.text(tags::SOP_INSTANCE_UID).unwrap_or_default();
    let mut out = vec![0u8; 128];
    out.extend_from_slice(b"DICM");
    out.extend_from_slice(&file_meta(meta, &dataset, target)?);
    let mut body = Vec::new();
    for element in dataset.iter() {
        let encapsulated = element.tag == tags::PIXEL_DATA && !target.is_native();
        write_element(&mut body, element, encapsulated)?;
    }
    if target == TargetSyntax::DeflatedExplicitVrLittleEndian {
        let mut deflater = flate2::write::DeflateEncoder::new(out, flate2::Compression::default());
        deflater.write_all(&body).map_err(|error| TranscodeError::encoder(target, error))?;
        out = deflater.finish().map_err(|error| TranscodeError::encoder(target, error))?;
        if out.len() % 2 == 1 {
            out.push(0);
        }
    } else {
        out.append(&mut body);
    }
    Ok((out, sop_instance_uid))
}

/// Group 0002 of the source with what must change, behind its group length.
fn file_meta(source: &DataSet, dataset: &DataSet, target: TargetSyntax) -> Result<Vec<u8>, TranscodeError> {
    let mut elements: Elements = source.iter().map(|element| (element.tag, element.clone())).collect();
    let mut set = |tag, vr, value| {
        elements.insert(
            tag,
            Element {
                tag,
                vr,
                value: Value::Bytes(value),
            },
        );
    };
    let uid = |tag| padded(&dataset.text(tag).unwrap_or_default(), 0);
    set(tags::FILE_META_INFORMATION_VERSION, VR::OB, vec![0, 1]);
    set(tags::MEDIA_STORAGE_SOP_CLASS_UID, VR::UI, uid(tags::SOP_CLASS_UID));
    set(
        tags::MEDIA_STORAGE_SOP_INSTANCE_UID,
        VR::UI,
        uid(tags::SOP_INSTANCE_UID),
    );
    set(tags::TRANSFER_SYNTAX_UID, VR::UI, padded(target.uid(), 0));
    set(
        tags::IMPLEMENTATION_CLASS_UID,
        VR::UI,
        padded(IMPLEMENTATION_CLASS_UID, 0),
    );
    set(
        tags::IMPLEMENTATION_VERSION_NAME,
        VR::SH,
        padded(IMPLEMENTATION_VERSION_NAME, b' '),
    );
    let mut body = Vec::new();
    for element in elements.values().filter(|element| element.tag != tags::FILE_META_INFORMATION_GROUP_LENGTH) {
        write_element(&mut body, element, false)?;
    }
    let mut out = Vec::with_capacity(body.len() + 12);
    let length = (body.len() as u32).to_le_bytes().to_vec();
    let group_length = Element {
        tag: tags::FILE_META_INFORMATION_GROUP_LENGTH,
        vr: VR::UL,
        value: Value::Bytes(length),
    };
    write_element(&mut out, &group_length, false)?;
    out.append(&mut body);
    Ok(out)
}

/// One element; sequences get explicit lengths. Recursion is as deep as the guard lets sequences nest.
fn write_element(out: &mut Vec<u8>, element: &Element, encapsulated: bool) -> Result<(), TranscodeError> {
    match &element.value {
        Value::Items(items) => {
            let mut body = Vec::new();
            for item in items {
                let mut content = Vec::new();
                for element in item.iter() {
                    write_element(&mut content, element, false)?;
                }
                item_header(&mut body, content.len())?;
                body.append(&mut content);
            }
            header(out, element.tag, VR::SQ, length(body.len())?);
            out.append(&mut body);
        }
        Value::Bytes(value) if encapsulated => {
            header(out, element.tag, VR::OB, UNDEFINED_LENGTH);
            out.extend_from_slice(value);
        }
        Value::Bytes(value) => {
            header(out, element.tag, element.vr, length(value.len() + value.len() % 2)?);
            out.extend_from_slice(value);
            if value.len() % 2 == 1 {
                out.push(if is_text(element.vr) { b' ' } else { 0 });
            }
        }
        Value::Bulk(_) => return Err(TranscodeError::TooLong),
    }
    Ok(())
}

fn header(out: &mut Vec<u8>, element: Tag, vr: VR, length: u32) {
    tag(out, element);
    let long = matches!(
        vr,
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::SV
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::UV
    );
    match u16::try_from(length) {
        Ok(short) if !long => {
            out.extend_from_slice(&vr.to_bytes());
            out.extend_from_slice(&short.to_le_bytes());
        }
        // A value too long for its VR's 16-bit length is written as UN (PS3.5 6.2.2).
        _ => {
            out.extend_from_slice(&if long { vr } else { VR::UN }.to_bytes());
            out.extend_from_slice(&[0, 0]);
            out.extend_from_slice(&length.to_le_bytes());
        }
    }
}

fn item_header(out: &mut Vec<u8>, bytes: usize) -> Result<(), TranscodeError> {
    tag(out, ITEM);
    out.extend_from_slice(&length(bytes)?.to_le_bytes());
    Ok(())
}

fn tag(out: &mut Vec<u8>, tag: Tag) {
    out.extend_from_slice(&tag.0.to_le_bytes());
    out.extend_from_slice(&tag.1.to_le_bytes());
}

fn length(bytes: usize) -> Result<u32, TranscodeError> {
    u32::try_from(bytes)
        .ok()
        .filter(|length| *length != UNDEFINED_LENGTH)
        .ok_or(TranscodeError::TooLong)
}

fn is_text(vr: VR) -> bool {
    !matches!(
        vr,
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::UI
            | VR::UN
            | VR::US
            | VR::SS
            | VR::UL
            | VR::SL
            | VR::AT
            | VR::FL
            | VR::FD
            | VR::SV
            | VR::UV
    )
}
