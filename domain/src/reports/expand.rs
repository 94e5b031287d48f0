//! Placeholders in templates and macros: `{{patient.name}}` stands for a value, `{{.normal-chest}}` for the text of a macro.
//!
//! Pure: values and macros are given. Values are set as they are and never looked through for placeholders, so that no patient's name
//! can ask for anything. What cannot be filled in stays visible, and is told.

use std::collections::HashMap;

/// Macros within macros.
pub(super) const DEPTH: usize = 4;
/// Placeholders of one text, those of its macros included.
const PLACEHOLDERS: usize = 1_000;

/// A text with its placeholders filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expanded {
    pub text: String,
    pub warnings: Vec<Warning>,
}

/// A placeholder that stays in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// As it stands between the braces.
    pub placeholder: String,
    pub message: String,
}

/// What placeholders stand for.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// A name without a value is known, but nothing is known of it here.
    pub values: HashMap<&'static str, Option<String>>,
    pub macros: HashMap<String, String>,
}

/// A part of a text.
enum Piece<'a> {
    Text(&'a str),
    /// With its braces, and what stands between them.
    Placeholder(&'a str, &'a str),
}

/// Divides a text into what stays and its placeholders: `{{`, at most 60 characters on one line, `}}`.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let from = placeholder(rest);
        let (piece, after) = match from {
            _ if rest.is_empty() => return None,
            None => (Piece::Text(rest), ""),
            Some((0, end)) => (Piece::Placeholder(&rest[..end], rest[2..end - 2].trim()), &rest[end..]),
            Some((start, _)) => (Piece::Text(&rest[..start]), &rest[start..]),
        };
        rest = after;
        Some(piece)
    })
}

/// Where the first placeholder begins and ends.
fn placeholder(text: &str) -> Option<(usize, usize)> {
    text.match_indices("{{").find_map(|(start, _)| {
        let inner = &text[start + 2..];
        let length = inner.find("}}").filter(|length| *length <= 60)?;
        let named = !inner[..length].contains(['{', '}', '\n']);
        named.then_some((start, start + length + 4))
    })
}

/// The names of the macros that a text asks for.
pub(super) fn macros_named(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Placeholder(_, name) => name.strip_prefix('.'),
        Piece::Text(_) => None,
    })
}

/// None when the result is longer than `most` bytes.
pub(super) fn expand(text: &str, values: &Values, most: usize) -> Option<Expanded> {
    let mut expansion = Expansion {
        values,
        most,
        left: PLACEHOLDERS,
        made: Expanded::default(),
    };
    expansion.add(text, 0)?;
    Some(expansion.made)
}

struct Expansion<'a> {
    values: &'a Values,
    most: usize,
    left: usize,
    made: Expanded,
}

impl Expansion<'_> {
    fn add(&mut self, text: &str, depth: usize) -> Option<()> {
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => self.push(text)?,
                Piece::Placeholder(whole, name) => self.fill(whole, name, depth)?,
            }
        }
        Some(())
    }

    fn push(&mut self, text: &str) -> Option<()> {
        self.made.text.push_str(text);
        (self.made.text.len() <= self.most).then_some(())
    }

    fn fill(&mut self, whole: &str, name: &str, depth: usize) -> Option<()> {
        let values = self.values;
        if self.left == 0 {
            return self.keep(whole, name, format!("Only {PLACEHOLDERS} placeholders are filled in"));
        }
        self.left -= 1;
        if let Some(name_of_macro) = name.strip_prefix('.') {
            return match values.macros.get(name_of_macro) {
                None => self.keep(whole, name, "There is no macro of this name".into()),
                Some(_) if depth == DEPTH => {
                    self.keep(whole, name, format!("Macros stand within macros at most {DEPTH} deep"))
                }
                Some(text) => self.add(text, depth + 1),
            };
        }
        match values.values.get(name) {
            Some(Some(value)) => self.push(value),
            Some(None) => self.keep(whole, name, "Nothing is known of it for this study".into()),
            None => self.keep(whole, name, "Nothing is called so".into()),
        }
    }

    fn keep(&mut self, whole: &str, name: &str, message: String) -> Option<()> {
        if !self.made.warnings.iter().any(|warning| warning.placeholder == name) {
            self.made.warnings.push(Warning {
                placeholder: name.to_owned(),
                message,
            });
        }
        self.push(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let text = |text: &str| Some(text.to_owned());
        Values {
            values: HashMap::from([
                ("patient.name", text("Jane {{.sig}} Doe")),
                ("patient.age", None),
                ("study.date", text("2026-03-01")),
            ]),
            macros: HashMap::from(
                [
                    ("sig", "Read on {{study.date}}."),
                    ("outer", "[{{ .sig }}]"),
                    ("loop", "x{{.loop}}"),
                    (
                        "many",
                        "{{.more}}{{.more}}{{.more}}{{.more}}{{.more}}{{.more}}{{.more}}",
                    ),
                    (
                        "more",
                        "{{.most}}{{.most}}{{.most}}{{.most}}{{.most}}{{.most}}{{.most}}",
                    ),
                    (
                        "most",
                        "{{.leaf}}{{.leaf}}{{.leaf}}{{.leaf}}{{.leaf}}{{.leaf}}{{.leaf}}",
                    ),
                    ("leaf", "{{study.date}}{{study.date}}{{study.date}}{{study.date}}"),
                ]
                .map(|(name, text)| (name.to_owned(), text.to_owned())),
            ),
        }
    }

    fn expanded(text: &str) -> (String, Vec<String>) {
        let made = expand(text, &values(), 64 * 1024).unwrap();
        (
            made.text,
            made.warnings.into_iter().map(|warning| warning.placeholder).collect(),
        )
    }

    #[test]
    fn values_and_macros_are_filled_in_and_values_are_not_looked_through() {
        assert_eq!(
            expanded("{{patient.name}}: {{.outer}} {{ study.date }}"),
            ("Jane {{.sig}} Doe: [Read on 2026-03-01.] 2026-03-01".into(), vec![])
        );
    }

    #[test]
    fn what_cannot_be_filled_in_stays_and_is_told_once() {
        let text = "{{patient.age}} {{patient.shoe}} {{.none}} {{patient.shoe}}";
        let told = ["patient.age", "patient.shoe", ".none"].map(str::to_owned).to_vec();
        assert_eq!(expanded(text), (text.to_owned(), told));
    }

    #[test]
    fn what_is_no_placeholder_is_text() {
        for text in [
            "{{",
            "}}",
            "{{}",
            "{ {a} }",
            "{{a\nb}}",
            "a }} {{ b",
            &"{{".repeat(100),
            "{{ä",
        ] {
            assert_eq!(expanded(text), (text.to_owned(), vec![]), "{text}");
        }
        assert_eq!(expanded("{{{{study.date}}").0, "{{2026-03-01");
    }

    #[test]
    fn macros_end_however_they_name_each_other() {
        assert_eq!(expanded("{{.loop}}"), ("xxxx{{.loop}}".into(), vec![".loop".into()]));
        let (text, warnings) = expanded("{{.many}}");
        assert!(text.len() < 64 * 1024);
        assert!(
            warnings.iter().any(|name| name == "study.date" || name == ".leaf"),
            "{warnings:?}"
        );
    }

    #[test]
    fn a_text_that_grows_too_long_is_refused() {
        assert_eq!(expand("{{study.date}}", &values(), 9), None);
        assert!(expand("{{study.date}}", &values(), 10).is_some());
    }
}
