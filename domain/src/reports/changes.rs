//! What one text of a report changed of the one before, word by word.

use crate::error::{Error, Result};
use entity::report_version::Model;
use similar::{ChangeTag, TextDiff, TextDiffConfig};
use std::time::Duration;

/// Bytes of both texts together from which lines are compared instead of words: the work grows with the square of what differs.
const LONG: usize = 32 * 1024;
/// Even so a comparison ends: what is not compared by then counts as exchanged.
const MOST: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    Same,
    Added,
    Removed,
}

/// A run of text; what is `Same` or `Added` is the new text, what is `Same` or `Removed` the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub kind: ChangeKind,
    pub text: String,
}

/// What a version of a report changed of the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChanges {
    pub findings: Vec<Change>,
    pub impression: Vec<Change>,
}

/// Compares two texts that the caller has been given already.
pub async fn version_changes(before: Model, after: Model) -> Result<VersionChanges> {
    let compare = move || VersionChanges {
        findings: changes(&before.findings, &after.findings),
        impression: changes(&before.impression, &after.impression),
    };
    tokio::task::spawn_blocking(compare).await.map_err(Error::internal)
}

/// What leads from a text to the next one (Myers' algorithm, Algorithmica 1, 1986).
fn changes(before: &str, after: &str) -> Vec<Change> {
    let mut config = TextDiffConfig::default();
    config.timeout(MOST);
    let diff: TextDiff<'_, '_, str> = match before.len() + after.len() > LONG {
        true => config.diff_lines(before, after),
        false => config.diff_words(before, after),
    };
    let mut runs: Vec<Change> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => ChangeKind::Same,
            ChangeTag::Insert => ChangeKind::Added,
            ChangeTag::Delete => ChangeKind::Removed,
        };
        match runs.last_mut().filter(|run| run.kind == kind) {
            Some(run) => run.text.push_str(change.value()),
            None => runs.push(Change {
                kind,
                text: change.value().to_owned(),
            }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::ChangeKind::{Added, Removed, Same};
    use super::*;

    fn runs(before: &str, after: &str) -> Vec<(ChangeKind, String)> {
        changes(before, after).into_iter().map(|change| (change.kind, change.text)).collect()
    }

    fn texts(changes: &[(ChangeKind, String)], left_out: ChangeKind) -> String {
        changes.iter().filter(|(kind, _)| *kind != left_out).map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn words_are_compared() {
        let expected = [
            (Same, "No "),
            (Removed, "nodule"),
            (Added, "mass"),
            (Same, " in the lung."),
        ];
        let found = runs("No nodule in the lung.", "No mass in the lung.");
        assert_eq!(found, expected.map(|(kind, text)| (kind, text.to_owned())));
        assert_eq!(runs("", ""), []);
        assert_eq!(runs("", "New."), [(Added, "New.".to_owned())]);
    }

    #[test]
    fn old_and_new_text_are_within_the_changes_however_long_they_are() {
        let words = |step: usize| (0..8_000).map(|n| format!("w{} ", n * step % 977)).collect::<String>();
        let lines = |step: usize| words(step).replace("0 ", "0\n");
        let cases = [
            ("a\n\nb\r\n".to_owned(), "a\r\n\nb".to_owned()),
            ("Größe 3 mm".to_owned(), "Größe 4 mm, é".to_owned()),
            (words(1), words(7)),
            (lines(1), lines(3)),
        ];
        for (before, after) in cases {
            let found = runs(&before, &after);
            assert_eq!(texts(&found, Added), before);
            assert_eq!(texts(&found, Removed), after);
        }
    }
}
