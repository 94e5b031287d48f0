//! Keywords of attributes (PS3.6): the names by which people and programs speak of tags.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;

use crate::dataset::Tag;

/// The tag of a keyword such as `SliceThickness`, or of a tag written `00180050` or `(0018,0050)`.
pub fn tag(text: &str) -> Option<Tag> {
    let digits = text.trim_start_matches('(').trim_end_matches(')').replace(',', "");
    if digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let number = u32::from_str_radix(&digits, 16).ok()?;
        return Some(Tag((number >> 16) as u16, number as u16));
    }
    StandardDataDictionary.by_name(text).map(DataDictionaryEntry::tag)
}

/// The keyword of a tag of the standard.
pub fn keyword(tag: Tag) -> Option<&'static str> {
    StandardDataDictionary.by_tag(tag).map(|entry| entry.alias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_named_by_keyword_or_tag() {
        for text in ["SliceThickness", "00180050", "(0018,0050)"] {
            assert_eq!(tag(text), Some(Tag(0x0018, 0x0050)), "{text}");
        }
        assert_eq!(tag("(0009,10aB)"), Some(Tag(0x0009, 0x10AB)));
        for text in ["", "Nonsense", "0018005", "é0180050", "(0018,00500)"] {
            assert_eq!(tag(text), None, "{text}");
        }
        assert_eq!(keyword(Tag(0x0010, 0x0020)), Some("PatientID"));
        assert_eq!(keyword(Tag(0x0009, 0x1001)), None);
    }
}
