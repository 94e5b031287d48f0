//! Files made by hand, element by element, and the real ones of `tests/data/dicom`.

#![allow(dead_code, clippy::unwrap_used)]

use std::path::PathBuf;

/// The folder of real files.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/dicom"))
}

/// Every real file with its name, in the order of the names.
pub fn corpus() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "dcm")).collect();
    files.sort();
    let read = |path: PathBuf| {
        (
            path.file_name().unwrap().to_string_lossy().into_owned(),
            std::fs::read(&path).unwrap(),
        )
    };
    files.into_iter().map(read).collect()
}

/// An element in explicit VR little endian.
pub fn element(group: u16, number: u16, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = header(group, number, vr, value.len() as u32);
    bytes.extend_from_slice(value);
    bytes
}

/// The header of an element in explicit VR little endian.
pub fn header(group: u16, number: u16, vr: &str, length: u32) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend_from_slice(vr.as_bytes());
    if [
        "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV",
    ]
    .contains(&vr)
    {
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&length.to_le_bytes());
    } else {
        bytes.extend_from_slice(&(length as u16).to_le_bytes());
    }
    bytes
}

pub fn us(group: u16, number: u16, value: u16) -> Vec<u8> {
    element(group, number, "US", &value.to_le_bytes())
}

/// An item, a delimiter or a fragment.
pub fn item(number: u16, length: u32) -> Vec<u8> {
    [&[0xfe, 0xff][..], &number.to_le_bytes(), &length.to_le_bytes()].concat()
}

/// Encapsulated pixel data: a basic offset table, then the fragments.
pub fn encapsulated(offsets: &[u32], fragments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = header(0x7fe0, 0x0010, "OB", u32::MAX);
    bytes.extend(item(0xe000, offsets.len() as u32 * 4));
    offsets.iter().for_each(|offset| bytes.extend_from_slice(&offset.to_le_bytes()));
    for fragment in fragments {
        bytes.extend(item(0xe000, fragment.len() as u32));
        bytes.extend_from_slice(fragment);
    }
    bytes.extend(item(0xe0dd, 0));
    bytes
}

/// A file: preamble, file meta information with this transfer syntax, and a data set.
pub fn file(transfer_syntax: &str, dataset: &[&[u8]]) -> Vec<u8> {
    let mut uid = transfer_syntax.as_bytes().to_vec();
    uid.resize(uid.len().next_multiple_of(2), 0);
    let syntax = element(0x0002, 0x0010, "UI", &uid);
    let length = element(0x0002, 0x0000, "UL", &(syntax.len() as u32).to_le_bytes());
    [&[0; 128][..], b"DICM", &length, &syntax, &dataset.concat()].concat()
}

pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const JPEG: &str = "1.2.840.10008.1.2.4.50";
pub const RLE: &str = "1.2.840.10008.1.2.5";
