//! The operations that an operator registered, read from the file that build tools write.
//!
//! Two shapes are known: an object of texts by id, as relay-compiler's `persisted_queries.json`, and Apollo's persisted query manifest. Every
//! document is bounded and parsed when the file is read, so that a broken one ends the start and not a request at night.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    sync::Arc,
};

use async_graphql::parser::parse_query;
use serde::Deserialize;

use super::{limits::Limits, persisted::sha256};

const APOLLO: &str = "apollo-persisted-query-manifest";

/// Registered documents, by every name that a client may give them.
#[derive(Debug)]
pub struct Registered {
    /// By id, and by SHA-256.
    named: HashMap<String, Arc<str>>,
    /// By their own text.
    texts: HashMap<Arc<str>, Arc<str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Apollo { format: String, operations: Vec<Entry> },
    Relay(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    body: String,
    name: Option<String>,
}

impl Registered {
    /// Reads a file. The error says what is wrong with it, and with which operation.
    pub fn load(path: &Path, limits: &Limits) -> Result<Self, String> {
        let wrong = |error: String| {
            format!(
                "the registered operations in {} cannot be used: {error}",
                path.display()
            )
        };
        let json = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&json, limits).map_err(wrong)
    }

    /// Reads the text of a file.
    pub fn parse(json: &str, limits: &Limits) -> Result<Self, String> {
        let value: serde_json::Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let entries = match serde_json::from_value(value) {
            Ok(File::Apollo { format, operations }) if format == APOLLO => operations,
            Ok(File::Relay(texts)) => texts.into_iter().map(|(id, body)| Entry { id, body, name: None }).collect(),
            _ => return Err(format!("it is neither an object of documents by id nor an {APOLLO}")),
        };
        if entries.is_empty() {
            return Err("it has no operation, so that nothing could run".into());
        }
        let mut registered = Self {
            named: HashMap::new(),
            texts: HashMap::new(),
        };
        for Entry { id, body, name } in entries {
            check(&body, limits).map_err(|error| match &name {
                Some(name) => format!("operation {name} with id {id:?}: {error}"),
                None => format!("the operation with id {id:?}: {error}"),
            })?;
            let text: Arc<str> = body.into();
            registered.named.insert(sha256(&text), text.clone());
            registered.texts.insert(text.clone(), text.clone());
            if registered.named.insert(id.clone(), text.clone()).is_some_and(|other| other != text) {
                return Err(format!("the id {id:?} names two operations"));
            }
        }
        Ok(registered)
    }

    /// The document with this id or SHA-256.
    pub fn named(&self, name: &str) -> Option<Arc<str>> {
        self.named.get(name).cloned()
    }

    /// The document with exactly this text.
    pub fn text(&self, text: &str) -> Option<Arc<str>> {
        self.texts.get(text).cloned()
    }
}

fn check(text: &str, limits: &Limits) -> Result<(), String> {
    limits.check_source(text).map_err(|refusal| refusal.message)?;
    let document = parse_query(text).map_err(|error| {
        // The parser draws the place in several lines; a start ends with one.
        let drawing = error.to_string();
        let expected = drawing.lines().next_back().unwrap_or_default().trim_start_matches([' ', '=']);
        let place = error.positions().next().unwrap_or_default();
        format!("line {}, column {}: {expected}", place.line, place.column)
    })?;
    limits.check_expansion(&document).map_err(|refusal| refusal.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Registered, String> {
        Registered::parse(json, &Limits::default())
    }

    #[test]
    fn both_shapes_of_build_tools_are_read() {
        let relay = parse(r#"{"1f": "query Me { me { id } }"}"#).unwrap();
        let apollo = parse(
            r#"{"format": "apollo-persisted-query-manifest", "version": 1, "operations":
                [{"id": "1f", "body": "query Me { me { id } }", "name": "Me", "type": "query"}]}"#,
        )
        .unwrap();
        for registered in [relay, apollo] {
            let text = "query Me { me { id } }";
            for name in ["1f", &sha256(text)] {
                assert_eq!(registered.named(name).as_deref(), Some(text));
            }
            assert_eq!(registered.text(text).as_deref(), Some(text));
            assert!(registered.text("query Me { me { id }}").is_none());
            assert!(registered.named("Me").is_none());
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_the_operation() {
        let manifest = |body: &str| {
            format!(
                r#"{{"format": "{APOLLO}", "version": 1, "operations":
                    [{{"id": "1f", "body": "{body}", "name": "Me", "type": "query"}}]}}"#
            )
        };
        for (file, words) in [
            ("{", "EOF"),
            ("{}", "no operation"),
            ("[]", "neither"),
            (r#"{"1f": 1}"#, "neither"),
            (r#"{"format": "other", "operations": []}"#, "neither"),
            (r#"{"1f": "query Me {"}"#, r#"id "1f""#),
            (
                &manifest("query Me {"),
                "operation Me with id \"1f\": line 1, column 11: expected",
            ),
            (&manifest(&"{me".repeat(60)), "nesting"),
            (&manifest("{ ...A } fragment A on Q { ...A }"), "contains itself"),
        ] {
            let error = parse(file).unwrap_err();
            assert!(error.contains(words), "{file}: {error}");
        }
    }
}
