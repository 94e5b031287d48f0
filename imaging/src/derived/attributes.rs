//! Data sets that are being made: values by their VR, sequences by their items, in any order.

use dicom_dictionary_std::tags;

use super::DerivedError;
use crate::charset::Charset;
use crate::dataset::{DataSet, Element, Tag, VR, Value};
use crate::transcode::{Elements, TargetSyntax, write};

/// The attributes of an object or of an item; setting one again replaces it.
#[derive(Default, Clone)]
pub struct Attributes(Elements);

impl Attributes {
    fn set(mut self, tag: Tag, vr: VR, value: Value) -> Self {
        self.0.insert(tag, Element { tag, vr, value });
        self
    }

    /// A text; an empty one is an attribute without a value (type 2).
    pub fn text(self, tag: Tag, vr: VR, text: &str) -> Self {
        let padding = if vr == VR::UI { 0 } else { b' ' };
        self.set(tag, vr, Value::Bytes(write::padded(text, padding)))
    }

    pub fn uid(self, tag: Tag, uid: &str) -> Self {
        self.text(tag, VR::UI, uid)
    }

    pub fn shorts(self, tag: Tag, numbers: &[u16]) -> Self {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.set(tag, VR::US, Value::Bytes(bytes))
    }

    pub fn longs(self, tag: Tag, numbers: &[u32]) -> Self {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.set(tag, VR::UL, Value::Bytes(bytes))
    }

    pub fn bytes(self, tag: Tag, vr: VR, bytes: Vec<u8>) -> Self {
        self.set(tag, vr, Value::Bytes(bytes))
    }

    /// The name of another attribute (AT): its group, then its element.
    pub fn pointer(self, tag: Tag, to: Tag) -> Self {
        let bytes = [to.0.to_le_bytes(), to.1.to_le_bytes()].concat();
        self.set(tag, VR::AT, Value::Bytes(bytes))
    }

    pub fn decimals(self, tag: Tag, numbers: &[f64]) -> Self {
        let texts: Vec<_> = numbers.iter().map(|number| decimal(*number)).collect();
        self.text(tag, VR::DS, &texts.join("\\"))
    }

    pub fn items(self, tag: Tag, items: Vec<Attributes>) -> Self {
        let items = items.into_iter().map(Attributes::dataset).collect();
        self.set(tag, VR::SQ, Value::Items(items))
    }

    pub fn item(self, tag: Tag, item: Attributes) -> Self {
        self.items(tag, vec![item])
    }

    /// Copies texts from another data set, decoded; what is missing there becomes an attribute without a value.
    pub fn copied(self, from: &DataSet, tags: &[(Tag, VR)]) -> Self {
        tags.iter().fold(self, |attributes, (tag, vr)| {
            attributes.text(*tag, *vr, from.text(*tag).unwrap_or_default().trim())
        })
    }

    /// Copies what is there.
    pub fn copied_if_present(self, from: &DataSet, tags: &[(Tag, VR)]) -> Self {
        let present: Vec<_> = tags.iter().copied().filter(|(tag, _)| from.text(*tag).is_some()).collect();
        self.copied(from, &present)
    }

    /// These and those of another, which win.
    pub fn joined(mut self, other: Attributes) -> Self {
        self.0.extend(other.0);
        self
    }

    fn dataset(self) -> DataSet {
        let mut dataset = DataSet::new(Charset::default());
        self.0.into_values().for_each(|element| dataset.push(element));
        dataset
    }

    /// The whole file.
    pub fn file(self) -> Result<Vec<u8>, DerivedError> {
        let whole = self.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
        let (bytes, _) = write::file(&DataSet::default(), whole.0, TargetSyntax::ExplicitVrLittleEndian)?;
        Ok(bytes)
    }
}

/// A number as DS: the shortest text that gives it back, or as many digits of it as 16 characters hold (PS3.5 6.2).
pub fn decimal(number: f64) -> String {
    const LONGEST: usize = 16;
    let exact = number.to_string();
    if exact.len() <= LONGEST {
        return exact;
    }
    let fixed = (0..LONGEST).rev().map(|digits| format!("{number:.digits$}"));
    // Tiny and huge numbers keep their first digits only with an exponent.
    let scientific = (0..LONGEST).rev().map(|digits| format!("{number:.digits$e}"));
    let fits = |text: &String| text.len() <= LONGEST;
    let plain = (1e-4..1e15).contains(&number.abs());
    let found = if plain {
        fixed.clone().find(fits)
    } else {
        scientific.clone().find(fits)
    };
    found.or_else(|| scientific.clone().find(fits)).unwrap_or_else(|| "0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_as_near_as_sixteen_characters_come() {
        for (number, text) in [
            (0.0, "0"),
            (1.5, "1.5"),
            (-170.25, "-170.25"),
            (0.976_562_5, "0.9765625"),
            (1.0 / 3.0, "0.33333333333333"),
            (-2.0 / 3.0, "-0.6666666666667"),
            (-123_456.789_012_345_67, "-123456.78901235"),
            (1.234_567_890_123e-9, "1.23456789012e-9"),
        ] {
            let found = decimal(number);
            assert!(found.len() <= 16, "{found}");
            assert_eq!(
                found.parse::<f64>().unwrap_or(f64::NAN) - number,
                text.parse::<f64>().unwrap_or(f64::NAN) - number,
                "{found}"
            );
        }
    }
}
