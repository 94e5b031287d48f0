//! `Attribute`: a data element of a file that has no field of its own.

use crate::graphql::errors::top_level;
use async_graphql::SimpleObject;
use domain::Error;
use domain::studies::Attributes;
use imaging::dataset::Tag;
use imaging::keyword;
use serde_json::Value;

/// An attribute of a DICOM file.
#[derive(SimpleObject)]
pub struct Attribute {
    /// Group and element, eight hexadecimal digits.
    tag: String,
    /// Its keyword (PS3.6); null for private attributes.
    keyword: Option<String>,
    /// Value representation (PS3.5 section 6.2).
    vr: Option<String>,
    /// Its values as text, null for empty ones; names in their first writing. Empty for sequences and binary values.
    values: Vec<Option<String>>,
    /// The whole attribute in the DICOM JSON model (PS3.18 annex F), sequences too.
    json: Value,
}

impl Attribute {
    /// None when the file does not have it.
    pub fn of(tag: Tag, read: &Attributes) -> Option<Self> {
        let name = format!("{:04X}{:04X}", tag.0, tag.1);
        let json = read.get(&name)?.clone();
        let values = json["Value"].as_array().map(Vec::as_slice).unwrap_or_default();
        Some(Self {
            keyword: keyword::keyword(tag).map(str::to_owned),
            vr: json["vr"].as_str().map(str::to_owned),
            values: match json["vr"].as_str() {
                Some("SQ") => Vec::new(),
                _ => values.iter().map(text).collect(),
            },
            tag: name,
            json,
        })
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(name) => name.values().find_map(|writing| writing.as_str().map(str::to_owned)),
        other => Some(other.to_string()),
    }
}

/// The tags of these keywords, each once.
pub fn tags(keywords: &[String]) -> async_graphql::Result<Vec<Tag>> {
    let mut tags = Vec::with_capacity(keywords.len());
    for name in keywords {
        let tag = keyword::tag(name).ok_or_else(|| {
            let name: String = name.chars().take(64).collect();
            let message = format!("\"{name}\" is neither a keyword of the DICOM standard nor a tag");
            top_level(Error::invalid("keywords", "UNKNOWN_KEYWORD", message))
        })?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}
