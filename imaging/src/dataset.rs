//! The data set as a tree of elements: what the walker captures of a file, and what everything else in this crate reads.
//!
//! Values stay bytes until somebody asks for them, so that reading a file costs no decoding. PS3.5 sections 6 and 7.

use std::ops::Range;

pub use dicom_core::{Tag, VR};

use crate::charset::Charset;

/// The attributes of one file or of one sequence item, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataSet {
    charset: Charset,
    elements: Vec<Element>,
    unordered: bool,
}

/// One data element (PS3.5 section 7.1).
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    pub tag: Tag,
    pub vr: VR,
    pub value: Value,
}

/// The value of one element.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The value field with its padding, always little endian: numbers of a big endian file were swapped when they were captured.
    Bytes(Vec<u8>),
    /// The items of a sequence.
    Items(Vec<DataSet>),
    /// A value that was too large to capture: where its bytes are in the file, in the byte order of the file.
    /// An encapsulated value spans from its first item header to before its sequence delimiter.
    Bulk(Range<u64>),
}

impl DataSet {
    /// An empty data set whose texts are in `charset` until an element says otherwise.
    pub fn new(charset: Charset) -> DataSet {
        DataSet {
            charset,
            elements: Vec::new(),
            unordered: false,
        }
    }

    /// Appends an element; Specific Character Set (0008,0005) takes effect for the whole data set.
    pub fn push(&mut self, element: Element) {
        if let (Tag(0x0008, 0x0005), Value::Bytes(value)) = (element.tag, &element.value) {
            self.charset = Charset::from_value(value);
        }
        self.unordered |= self.elements.last().is_some_and(|last| last.tag >= element.tag);
        self.elements.push(element);
    }

    /// The character set that the texts of this data set are written in.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// The element with this tag; the last one where a file repeats it.
    pub fn get(&self, tag: Tag) -> Option<&Element> {
        if self.unordered {
            return self.elements.iter().rfind(|element| element.tag == tag);
        }
        let found = self.elements.binary_search_by_key(&tag, |element| element.tag).ok()?;
        self.elements.get(found)
    }

    /// The elements with these tags alone.
    pub fn only(&self, tags: &[Tag]) -> DataSet {
        let mut some = DataSet::new(self.charset);
        for element in tags.iter().filter_map(|tag| self.get(*tag)) {
            some.push(element.clone());
        }
        some
    }

    /// The elements in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Element> {
        self.elements.iter()
    }

    /// The elements in the order of their tags, each tag once.
    pub fn in_order(&self) -> Vec<&Element> {
        let mut elements: Vec<&Element> = self.elements.iter().rev().collect();
        elements.sort_by_key(|element| element.tag);
        elements.dedup_by_key(|element| element.tag);
        elements
    }

    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// The captured bytes of a value, little endian, with padding; `None` for sequences and bulk.
    pub fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        self.get(tag)?.bytes()
    }

    /// The items of a sequence; none where the element is absent or no sequence.
    pub fn items(&self, tag: Tag) -> &[DataSet] {
        match self.get(tag).map(|element| &element.value) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    /// The whole decoded text of a textual value, backslashes and all, without trailing padding; `None` when it is absent or empty.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let element = self.get(tag)?;
        let text = element.decoded(self.charset)?;
        let text = text.trim_end_matches(PADDING);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The values of a textual value, split at its backslashes, without padding on either side and without NUL, which no
    /// database takes.
    pub fn texts(&self, tag: Tag) -> Vec<String> {
        let Some(text) = self.text(tag) else {
            return Vec::new();
        };
        text.split('\\').map(|value| value.trim_matches(PADDING).replace('\0', "")).collect()
    }

    /// The first number of a value of any numeric VR, IS and DS included, when it is a whole number.
    pub fn int(&self, tag: Tag) -> Option<i64> {
        self.ints(tag).first().copied()
    }

    /// The numbers of a value of any numeric VR; empty when one of them is no whole number.
    pub fn ints(&self, tag: Tag) -> Vec<i64> {
        self.numbers(tag, Element::int_values, whole_number)
    }

    /// The first number of a value of any numeric VR, IS and DS included.
    pub fn float(&self, tag: Tag) -> Option<f64> {
        self.floats(tag).first().copied()
    }

    /// The numbers of a value of any numeric VR; empty when one of them is no number.
    pub fn floats(&self, tag: Tag) -> Vec<f64> {
        self.numbers(tag, Element::float_values, |text| text.parse().ok())
    }

    fn numbers<N>(&self, tag: Tag, binary: fn(&Element) -> Option<Vec<N>>, parse: fn(&str) -> Option<N>) -> Vec<N> {
        let Some(element) = self.get(tag) else {
            return Vec::new();
        };
        if let Some(numbers) = binary(element) {
            return numbers;
        }
        let texts = self.texts(tag);
        texts.iter().map(|text| parse(text)).collect::<Option<Vec<N>>>().unwrap_or_default()
    }
}

/// What pads a value to even length (PS3.5 section 6.2): a space, or a NUL in UI and OB.
const PADDING: [char; 2] = [' ', '\0'];

fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        // Scanners write IS as "1.0"; beyond 2^53 a float no longer tells whole numbers apart.
        (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
    })
}

impl Element {
    /// The captured bytes, little endian, with padding; `None` for sequences and bulk.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text of a textual value as it stands, padding included; `None` for binary VRs.
    pub fn decoded(&self, charset: Charset) -> Option<String> {
        let bytes = self.bytes()?;
        match self.vr {
            VR::PN => Some(charset.decode_person_name(bytes)),
            VR::LO | VR::SH | VR::UC => Some(charset.decode_values(bytes)),
            VR::LT | VR::ST | VR::UT | VR::UN => Some(charset.decode_text(bytes)),
            VR::AE | VR::AS | VR::CS | VR::DA | VR::DS | VR::DT | VR::IS | VR::TM | VR::UI | VR::UR => {
                Some(bytes.iter().map(|&byte| char::from(byte)).collect())
            }
            _ => None,
        }
    }

    /// The whole numbers of a binary integer value; `None` for every other VR. Numbers beyond `i64` are left out with all others.
    pub fn int_values(&self) -> Option<Vec<i64>> {
        let bytes = self.bytes()?;
        let numbers = match self.vr {
            VR::US | VR::OW => each(bytes, |b| i64::from(u16::from_le_bytes(b))),
            VR::SS => each(bytes, |b| i64::from(i16::from_le_bytes(b))),
            VR::UL | VR::OL => each(bytes, |b| i64::from(u32::from_le_bytes(b))),
            VR::SL => each(bytes, |b| i64::from(i32::from_le_bytes(b))),
            VR::SV => each(bytes, i64::from_le_bytes),
            VR::UV | VR::OV => {
                let numbers = each(bytes, |b| i64::try_from(u64::from_le_bytes(b)).ok());
                numbers.into_iter().collect::<Option<_>>().unwrap_or_default()
            }
            VR::OB => bytes.iter().map(|&byte| i64::from(byte)).collect(),
            _ => return None,
        };
        Some(numbers)
    }

    /// The numbers of a binary numeric value, integer or floating point; `None` for every other VR.
    pub fn float_values(&self) -> Option<Vec<f64>> {
        let bytes = self.bytes()?;
        match self.vr {
            VR::FL | VR::OF => Some(each(bytes, |b| f64::from(f32::from_le_bytes(b)))),
            VR::FD | VR::OD => Some(each(bytes, f64::from_le_bytes)),
            _ => Some(self.int_values()?.into_iter().map(|number| number as f64).collect()),
        }
    }
}

/// The values of N bytes each; a rest that is shorter is left out.
fn each<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| read(*chunk)).collect()
}
