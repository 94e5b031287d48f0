//! Person names (PS3.5 section 6.2.1): the same name in up to three component groups, each of up to five components.

use serde::{Deserialize, Serialize};

/// One person's name as "Family^Given^Middle^Prefix^Suffix" in each writing; empty where the file has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    pub alphabetic: String,
    pub ideographic: String,
    pub phonetic: String,
}

impl PersonName {
    /// Divides one decoded name "alphabetic=ideographic=phonetic".
    pub fn parse(text: &str) -> PersonName {
        let mut groups = text.splitn(3, '=').map(|group| group.trim_end_matches([' ', '\0']).to_owned());
        let mut next = || groups.next().unwrap_or_default();
        PersonName {
            alphabetic: next(),
            ideographic: next(),
            phonetic: next(),
        }
    }

    /// The first writing that is not empty, for places with room for one.
    pub fn any(&self) -> &str {
        let writings = [&self.alphabetic, &self.ideographic, &self.phonetic];
        writings.into_iter().find(|name| !name.is_empty()).map_or("", String::as_str)
    }

    /// The name as a person reads it: prefix, given, middle, family, suffix of the first writing.
    pub fn display(&self) -> String {
        let mut parts = self.any().split('^').map(str::trim);
        let mut next = || parts.next().unwrap_or_default();
        let [family, given, middle, prefix, suffix] = [next(), next(), next(), next(), next()];
        let parts: Vec<&str> =
            [prefix, given, middle, family, suffix].into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_writings() {
        let name = PersonName::parse("Yamada^Tarou=山田^太郎=やまだ^たろう");
        assert_eq!(
            (
                name.alphabetic.as_str(),
                name.ideographic.as_str(),
                name.phonetic.as_str()
            ),
            ("Yamada^Tarou", "山田^太郎", "やまだ^たろう")
        );
        assert_eq!(name.display(), "Tarou Yamada");
        assert_eq!(PersonName::parse("=김").display(), "김");
        assert_eq!(PersonName::parse("Doe^Jane^^Dr").display(), "Dr Jane Doe");
    }
}
