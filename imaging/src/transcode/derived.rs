//! A lossy result is another image: derived, with a UID of its own, and it says what it was made from (PS3.3 C.7.6.1.1.2 and C.7.6.1.1.5).

use dicom_dictionary_std::tags;

use super::{Elements, Lossy, write};
use crate::dataset::{DataSet, Element, Tag, VR, Value};

/// Sets SOP Instance UID, Image Type, Lossy Image Compression and its ratio and method, Derivation and Source Image.
pub fn mark(elements: &mut Elements, source: &DataSet, lossy: &Lossy, quality: u8) {
    let mut set = |element: Element| {
        elements.insert(element.tag, element);
    };
    let uid = format!("2.25.{}", uuid::Uuid::new_v4().as_u128());
    set(text(tags::SOP_INSTANCE_UID, VR::UI, &uid));
    let mut image_type = source.texts(tags::IMAGE_TYPE);
    if image_type.len() < 2 {
        image_type = vec![String::new(), "PRIMARY".to_owned()];
    }
    image_type[0] = "DERIVED".to_owned();
    set(text(tags::IMAGE_TYPE, VR::CS, &image_type.join("\\")));
    set(text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "01"));
    set(text(
        tags::LOSSY_IMAGE_COMPRESSION_RATIO,
        VR::DS,
        &appended(
            source,
            tags::LOSSY_IMAGE_COMPRESSION_RATIO,
            &format!("{:.2}", lossy.ratio),
        ),
    ));
    set(text(
        tags::LOSSY_IMAGE_COMPRESSION_METHOD,
        VR::CS,
        &appended(source, tags::LOSSY_IMAGE_COMPRESSION_METHOD, lossy.method),
    ));
    set(text(
        tags::DERIVATION_DESCRIPTION,
        VR::ST,
        &format!("Lossy JPEG compression, quality {quality}"),
    ));
    let mut derivations = source.items(tags::DERIVATION_CODE_SEQUENCE).to_vec();
    derivations.push(code(source, "113040", "Lossy Compression"));
    set(sequence(tags::DERIVATION_CODE_SEQUENCE, derivations));
    let mut sources = source.items(tags::SOURCE_IMAGE_SEQUENCE).to_vec();
    sources.push(predecessor(source));
    set(sequence(tags::SOURCE_IMAGE_SEQUENCE, sources));
}

/// One value more than the source has: each lossy step leaves its own.
fn appended(source: &DataSet, tag: Tag, value: &str) -> String {
    let mut values = source.texts(tag);
    values.push(value.to_owned());
    values.join("\\")
}

fn predecessor(source: &DataSet) -> DataSet {
    let mut item = DataSet::new(source.charset());
    let uid = |tag| source.text(tag).unwrap_or_default();
    item.push(text(tags::REFERENCED_SOP_CLASS_UID, VR::UI, &uid(tags::SOP_CLASS_UID)));
    item.push(text(
        tags::REFERENCED_SOP_INSTANCE_UID,
        VR::UI,
        &uid(tags::SOP_INSTANCE_UID),
    ));
    let purpose = code(source, "121320", "Uncompressed predecessor");
    item.push(sequence(tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, vec![purpose]));
    item
}

fn code(source: &DataSet, value: &str, meaning: &str) -> DataSet {
    let mut item = DataSet::new(source.charset());
    item.push(text(tags::CODE_VALUE, VR::SH, value));
    item.push(text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM"));
    item.push(text(tags::CODE_MEANING, VR::LO, meaning));
    item
}

fn text(tag: Tag, vr: VR, value: &str) -> Element {
    let padding = if vr == VR::UI { 0 } else { b' ' };
    Element {
        tag,
        vr,
        value: Value::Bytes(write::padded(value, padding)),
    }
}

fn sequence(tag: Tag, items: Vec<DataSet>) -> Element {
    Element {
        tag,
        vr: VR::SQ,
        value: Value::Items(items),
    }
}
