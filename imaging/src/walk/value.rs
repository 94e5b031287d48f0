//! A value while it is captured: byte order and the VRs that depend on other elements.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::header::{Header, HeaderVr};
use crate::dataset::{DataSet, Element, Value};

/// A value that is being captured.
#[derive(Debug)]
pub(super) struct Capture {
    pub header: Header,
    pub bytes: Vec<u8>,
    pub big: bool,
}

impl Capture {
    pub(super) fn remaining(&self) -> usize {
        (self.header.length as usize).saturating_sub(self.bytes.len())
    }

    /// The element, its numbers little endian. `enclosing` looks an attribute up in this data set and those around it.
    pub(super) fn into_element(mut self, enclosing: impl Fn(Tag) -> Option<i64>) -> Element {
        let vr = match self.header.vr {
            HeaderVr::Exact(vr) => vr,
            HeaderVr::UnsignedOrSigned if enclosing(tags::PIXEL_REPRESENTATION) == Some(1) => VR::SS,
            HeaderVr::UnsignedOrSigned => VR::US,
            HeaderVr::LutData if enclosing(tags::LUT_DESCRIPTOR) == Some(1) => VR::US,
            HeaderVr::LutData => VR::OW,
        };
        if self.big {
            let width = word_width(vr);
            self.bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        }
        Element {
            tag: self.header.tag,
            vr,
            value: Value::Bytes(self.bytes),
        }
    }
}

/// The bytes of one number of a VR, which byte order reverses (PS3.5 section 7.3).
fn word_width(vr: VR) -> usize {
    match vr {
        VR::US | VR::SS | VR::OW | VR::AT => 2,
        VR::UL | VR::SL | VR::FL | VR::OL | VR::OF => 4,
        VR::FD | VR::OD | VR::SV | VR::UV | VR::OV => 8,
        _ => 1,
    }
}

/// The value of an attribute in the innermost data set that has it.
pub(super) fn innermost<'d>(datasets: impl Iterator<Item = &'d DataSet>, tag: Tag) -> Option<i64> {
    datasets.filter_map(|dataset| dataset.int(tag)).next()
}
