//! The header of a data element: tag, VR and length in every encoding (PS3.5 section 7.1), and the VR of a tag whose header has none.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, uids};

/// The length of a value that ends with a delimiter.
pub(super) const UNDEFINED: u32 = 0xffff_ffff;

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Syntax {
    pub implicit: bool,
    pub big: bool,
}

impl Syntax {
    pub(super) const IMPLICIT_LITTLE: Syntax = Syntax {
        implicit: true,
        big: false,
    };
    pub(super) const EXPLICIT_LITTLE: Syntax = Syntax {
        implicit: false,
        big: false,
    };
    pub(super) const EXPLICIT_BIG: Syntax = Syntax {
        implicit: false,
        big: true,
    };

    /// The native transfer syntax of this encoding.
    pub(super) fn uid(self) -> &'static str {
        match self {
            Syntax { implicit: true, .. } => uids::IMPLICIT_VR_LITTLE_ENDIAN,
            #[allow(deprecated)]
            Syntax { big: true, .. } => uids::EXPLICIT_VR_BIG_ENDIAN,
            _ => uids::EXPLICIT_VR_LITTLE_ENDIAN,
        }
    }

    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }

    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }

    pub(super) fn tag(self, [g0, g1, e0, e1, ..]: [u8; 8]) -> Tag {
        Tag(self.u16([g0, g1]), self.u16([e0, e1]))
    }

    /// The 32 bits of length of an item, a delimiter or an element in implicit VR.
    pub(super) fn item_length(self, [_, _, _, _, l0, l1, l2, l3]: [u8; 8]) -> u32 {
        self.u32([l0, l1, l2, l3])
    }
}

/// The header of one element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    pub tag: Tag,
    pub vr: HeaderVr,
    pub length: u32,
    pub offset: u64,
}

/// The VR of an element, as far as its header tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum HeaderVr {
    Exact(VR),
    /// US or SS, by Pixel Representation (0028,0103).
    UnsignedOrSigned,
    /// US or OW, by LUT Descriptor (0028,3002).
    LutData,
}

/// What the first eight bytes tell of an element in explicit VR.
pub(super) enum Explicit {
    /// VR and length.
    Short(VR, u32),
    /// Four more bytes hold the length.
    Long(VR),
    /// No VR: the element is written in implicit VR, as some writers do inside sequences.
    None,
}

impl Explicit {
    pub(super) fn of(first: [u8; 8], syntax: Syntax) -> Explicit {
        let [_, _, _, _, v0, v1, l0, l1] = first;
        let vr = [v0, v1];
        match short_vr(vr) {
            Some(vr) if has_long_length(vr) => Explicit::Long(vr),
            Some(vr) => Explicit::Short(vr, u32::from(syntax.u16([l0, l1]))),
            // A VR that nobody knows has 16 bits of length, as pydicom reads it.
            None if vr >= *b"AA" && vr <= *b"ZZ" => Explicit::Short(VR::UN, u32::from(syntax.u16([l0, l1]))),
            None => Explicit::None,
        }
    }
}

/// Whether two bytes are capital letters, as those of every VR are.
pub(super) fn is_vr_shaped(vr: [u8; 2]) -> bool {
    vr.iter().all(u8::is_ascii_uppercase)
}

pub(super) fn short_vr(vr: [u8; 2]) -> Option<VR> {
    is_vr_shaped(vr).then(|| VR::from_binary(vr)).flatten()
}

fn has_long_length(vr: VR) -> bool {
    matches!(
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
    )
}

/// The VR that the data dictionary (PS3.6) gives a tag; UN for private and unknown ones.
pub(super) fn dictionary_vr(tag: Tag) -> HeaderVr {
    if tag.0 % 2 == 1 && tag.1 > 0xff {
        return HeaderVr::Exact(VR::UN);
    }
    match StandardDataDictionary.by_tag(tag).map(DataDictionaryEntry::vr) {
        Some(VirtualVr::Exact(vr)) => HeaderVr::Exact(vr),
        Some(VirtualVr::Xs) => HeaderVr::UnsignedOrSigned,
        Some(VirtualVr::Lt) => HeaderVr::LutData,
        Some(VirtualVr::Ox | VirtualVr::Px) => HeaderVr::Exact(VR::OW),
        Some(_) | None => HeaderVr::Exact(VR::UN),
    }
}
