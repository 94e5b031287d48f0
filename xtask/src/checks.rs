//! What must hold besides the tests: formatting, lints, and a schema file that tells the truth.

use crate::run::{step, timed};
use crate::workspace::Workspace;
use anyhow::Result;
use std::process::Command;

pub const SCHEMA: &str = "schema.graphql";

pub fn formatting(workspace: &Workspace) -> Result<bool> {
    step("formatting", &mut workspace.cargo(&["fmt", "--all", "--", "--check"]))
}

pub fn lints(workspace: &Workspace) -> Result<bool> {
    step(
        "clippy",
        &mut workspace.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    )
}

/// Whether the committed schema is what the built `gantry` serves; shows where they differ.
pub fn schema(workspace: &Workspace) -> Result<bool> {
    timed("schema drift", || {
        let output = Command::new(workspace.binary("gantry")).arg("schema").output()?;
        let committed = std::fs::read_to_string(workspace.root.join(SCHEMA)).unwrap_or_default();
        let served = String::from_utf8_lossy(&output.stdout);
        let difference = difference(&committed, &served);
        if !output.status.success() {
            println!("gantry schema: {}", String::from_utf8_lossy(&output.stderr));
        } else if !difference.is_empty() {
            println!("{difference}\n{SCHEMA} is stale. Write it anew: cargo run -- schema > {SCHEMA}");
        }
        Ok(output.status.success() && difference.is_empty())
    })
}

/// The lines between the common beginning and the common end, at most twenty of each side; empty when equal.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    if old.is_empty() && new.is_empty() {
        return String::new();
    }
    let mut lines = vec![format!("@@ line {} @@", start + 1)];
    for (sign, side) in [('-', old), ('+', new)] {
        lines.extend(side.iter().take(20).map(|line| format!("{sign}{line}")));
        if side.len() > 20 {
            lines.push(format!("{sign}… {} more lines", side.len() - 20));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn only_what_differs_is_shown() {
        assert_eq!(difference("a\nb\nc\n", "a\nb\nc\n"), "");
        assert_eq!(difference("a\nb\nd\n", "a\nc\nd\n"), "@@ line 2 @@\n-b\n+c");
        assert_eq!(difference("a\nd\n", "a\nb\nd\n"), "@@ line 2 @@\n+b");
        assert_eq!(difference("a\na\n", "a\n"), "@@ line 2 @@\n-a");
    }

    #[test]
    fn a_long_difference_is_cut() {
        let long: String = (0..50).map(|line| format!("{line}\n")).collect();
        assert!(difference("", &long).ends_with("+… 30 more lines"));
    }
}
