//! The DICOM JSON model (PS3.18 annex F): a data set as JSON, written as it goes.
//!
//! The same data set always gives the same bytes: attributes in the order of their tags, no spaces.

use std::io::{Error, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::charset::Charset;
use crate::dataset::{DataSet, Element, Tag, VR, Value};
use crate::person_name::PersonName;

/// How a data set is written.
#[derive(Debug, Clone)]
pub struct Json<'a> {
    /// What a BulkDataURI begins with; a slash and the value's path follow, as `DataSet::at_path` takes it.
    pub bulk_prefix: &'a str,
    /// Binary values up to this many bytes are written as InlineBinary, longer ones as BulkDataURI.
    pub inline_limit: usize,
}

impl Json<'_> {
    /// Writes a data set as one JSON object. Group 0002 is left out.
    ///
    /// # Errors
    /// Those of the writer alone.
    pub fn write(&self, dataset: &DataSet, out: &mut impl Write) -> Result<(), Error> {
        self.data_set(dataset, &mut Vec::new(), out)
    }

    /// The data set as one JSON object in memory.
    pub fn to_vec(&self, dataset: &DataSet) -> Vec<u8> {
        let mut json = Vec::new();
        // Writing to memory does not fail.
        let _ = self.write(dataset, &mut json);
        json
    }

    fn data_set(&self, dataset: &DataSet, path: &mut Vec<String>, out: &mut impl Write) -> Result<(), Error> {
        out.write_all(b"{")?;
        let mut separator = "";
        for element in dataset.in_order().into_iter().filter(|element| element.tag.0 != 0x0002) {
            let key = hex(element.tag);
            write!(out, "{separator}\"{key}\":{{\"vr\":\"{}\"", element.vr.to_string())?;
            path.push(key);
            self.value(element, dataset.charset(), path, out)?;
            path.pop();
            out.write_all(b"}")?;
            separator = ",";
        }
        out.write_all(b"}")
    }

    fn value(
        &self,
        element: &Element,
        charset: Charset,
        path: &mut Vec<String>,
        out: &mut impl Write,
    ) -> Result<(), Error> {
        match &element.value {
            Value::Bulk(_) => self.bulk(path, out),
            Value::Items(items) => self.items(items, path, out),
            Value::Bytes(bytes) if bytes.is_empty() => Ok(()),
            Value::Bytes(bytes) if is_binary(element.vr) && bytes.len() > self.inline_limit => self.bulk(path, out),
            Value::Bytes(bytes) if is_binary(element.vr) => {
                write!(out, ",\"InlineBinary\":\"{}\"", STANDARD.encode(bytes))
            }
            Value::Bytes(_) => {
                let values = values(element, charset);
                if values.iter().all(Option::is_none) {
                    return Ok(());
                }
                let values: Vec<String> =
                    values.into_iter().map(|value| value.unwrap_or_else(|| "null".to_owned())).collect();
                write!(out, ",\"Value\":[{}]", values.join(","))
            }
        }
    }

    fn bulk(&self, path: &[String], out: &mut impl Write) -> Result<(), Error> {
        let uri = format!("{}/{}", self.bulk_prefix, path.join("/"));
        write!(out, ",\"BulkDataURI\":{}", quoted(&uri))
    }

    fn items(&self, items: &[DataSet], path: &mut Vec<String>, out: &mut impl Write) -> Result<(), Error> {
        if items.is_empty() {
            return Ok(());
        }
        out.write_all(b",\"Value\":[")?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            path.push((index + 1).to_string());
            self.data_set(item, path, out)?;
            path.pop();
        }
        out.write_all(b"]")
    }
}

impl DataSet {
    /// The element at a path of tags and item numbers from 1, as in `00880200/1/7FE00010`.
    pub fn at_path(&self, path: &str) -> Option<&Element> {
        let (mut dataset, mut steps) = (self, path.split('/'));
        loop {
            let tag = u32::from_str_radix(steps.next()?, 16).ok()?;
            let element = dataset.get(Tag((tag >> 16) as u16, tag as u16))?;
            let Some(item) = steps.next() else {
                return Some(element);
            };
            let Value::Items(items) = &element.value else {
                return None;
            };
            dataset = items.get(item.parse::<usize>().ok()?.checked_sub(1)?)?;
        }
    }
}

/// The VRs whose value is a run of bytes or numbers without meaning of their own (PS3.18 table F.2.3-1).
fn is_binary(vr: VR) -> bool {
    matches!(vr, VR::OB | VR::OD | VR::OF | VR::OL | VR::OV | VR::OW | VR::UN)
}

/// The values of an element as JSON; `None` for an empty one.
fn values(element: &Element, charset: Charset) -> Vec<Option<String>> {
    match element.vr {
        VR::AT => {
            let tags = element.bytes().unwrap_or_default().as_chunks::<4>().0.iter();
            let tag = |&[g0, g1, e0, e1]: &[u8; 4]| Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
            tags.map(|bytes| Some(format!("\"{}\"", hex(tag(bytes))))).collect()
        }
        VR::FL | VR::FD => {
            // Not-a-number and the infinities, which JSON cannot write, become null.
            let number = |number: f64| {
                if number.is_finite() {
                    number.to_string()
                } else {
                    "null".to_owned()
                }
            };
            element.float_values().unwrap_or_default().into_iter().map(|value| Some(number(value))).collect()
        }
        VR::UV => {
            let numbers = element.bytes().unwrap_or_default().as_chunks::<8>().0.iter();
            numbers.map(|number| Some(u64::from_le_bytes(*number).to_string())).collect()
        }
        VR::US | VR::SS | VR::UL | VR::SL | VR::SV => element
            .int_values()
            .unwrap_or_default()
            .into_iter()
            .map(|number| Some(number.to_string()))
            .collect(),
        VR::LT | VR::ST | VR::UT | VR::UR => {
            let text = element.decoded(charset).unwrap_or_default();
            vec![some_text(&text).map(quoted)]
        }
        vr => {
            let text = element.decoded(charset).unwrap_or_default();
            let json = |value: &str| match vr {
                VR::PN => some_text(value).map(person_name),
                VR::IS | VR::DS => some_text(value.trim_start()).map(number),
                _ => some_text(value).map(quoted),
            };
            text.trim_end_matches(PADDING).split('\\').map(json).collect()
        }
    }
}

const PADDING: [char; 2] = [' ', '\0'];

fn some_text(text: &str) -> Option<&str> {
    Some(text.trim_end_matches(PADDING)).filter(|text| !text.is_empty())
}

/// A decimal or integer string as a number with all its digits; as a string where it is none.
fn number(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => match serde_json::from_str::<serde_json::Number>(text) {
            Ok(_) => text.to_owned(),
            Err(_) => text.parse::<i64>().map_or_else(|_| value.to_string(), |value| value.to_string()),
        },
        _ => quoted(text),
    }
}

fn person_name(text: &str) -> String {
    let PersonName {
        alphabetic,
        ideographic,
        phonetic,
    } = PersonName::parse(text);
    let groups = [
        ("Alphabetic", alphabetic),
        ("Ideographic", ideographic),
        ("Phonetic", phonetic),
    ];
    let groups = groups.into_iter().filter(|(_, name)| !name.is_empty());
    let groups: Vec<String> = groups.map(|(group, name)| format!("\"{group}\":{}", quoted(&name))).collect();
    format!("{{{}}}", groups.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn hex(tag: Tag) -> String {
    format!("{:04X}{:04X}", tag.0, tag.1)
}
