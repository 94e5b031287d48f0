//! Tells by its first bytes whether a file is DICOM, with or without preamble and file meta information (PS3.10 section 7.1).

use dicom_core::Tag;
use dicom_core::dictionary::DataDictionary;
use dicom_dictionary_std::StandardDataDictionary;

use super::header::{is_vr_shaped, short_vr};

/// 128 bytes of preamble and the prefix `DICM`.
pub(super) const PREAMBLE: usize = 132;

/// Where the elements of a file begin.
#[derive(Debug, PartialEq)]
pub(super) enum Start {
    /// File meta information begins at this offset.
    Meta {
        offset: usize,
    },
    /// The file is a bare data set.
    DataSet,
    NotDicom,
}

/// The longest first value of a bare data set in implicit VR that is believed: a group length, a character set or an image type.
const FIRST_VALUE: u32 = 1024;

impl Start {
    /// Judges the first bytes: 132 of them, or all of a shorter file.
    pub(super) fn of(bytes: &[u8]) -> Start {
        if bytes.get(PREAMBLE - 4..PREAMBLE) == Some(b"DICM") {
            return Start::Meta { offset: PREAMBLE };
        }
        let Some(&[g0, g1, e0, e1, v0, v1, l0, l1]) = bytes.first_chunk() else {
            return Start::NotDicom;
        };
        let tag = Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
        let swapped = Tag(tag.0.swap_bytes(), tag.1.swap_bytes());
        let vr = [v0, v1];
        if is_vr_shaped(vr) {
            let known = short_vr(vr).is_some();
            return match (tag.0, swapped.0) {
                (0x0002, _) if known => Start::Meta { offset: 0 },
                (0x0004 | 0x0008 | 0x0010, _) | (_, 0x0004 | 0x0008 | 0x0010) if known => Start::DataSet,
                _ => Start::NotDicom,
            };
        }
        let length = u32::from_le_bytes([v0, v1, l0, l1]);
        let believable = StandardDataDictionary.by_tag(tag).is_some() && length <= FIRST_VALUE;
        match tag.0 {
            0x0002 if believable => Start::Meta { offset: 0 },
            0x0008 | 0x0010 if believable => Start::DataSet,
            _ => Start::NotDicom,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_not_dicom() {
        let zip = b"PK\x03\x04\x14\0\0\0\x08\0".as_slice();
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
        for bytes in [
            b"".as_slice(),
            b"abc",
            b"Patient: nobody, a text file",
            b"%PDF-1.7 more",
            zip,
            png,
            &[0; 4096],
            &[0xff; 4096],
        ] {
            assert_eq!(Start::of(bytes), Start::NotDicom, "{bytes:?}");
        }
    }

    #[test]
    fn the_preamble_may_be_missing() {
        assert_eq!(Start::of(b"\x02\0\0\0UL\x04\0\x10\0\0\0"), Start::Meta { offset: 0 });
        assert_eq!(Start::of(b"\x08\0\x05\0CS\x0a\0ISO_IR 100"), Start::DataSet);
        assert_eq!(Start::of(b"\0\x08\0\x05CS\0\x0aISO_IR 100"), Start::DataSet);
        assert_eq!(Start::of(b"\x08\0\x05\0\x0a\0\0\0ISO_IR 100"), Start::DataSet);
    }
}
