//! The figures of all, and what ours are to theirs.

use anyhow::{Result, ensure};
use serde_json::Value;
use std::fmt::Write;

/// What is measured: the title, the field of the line of JSON, the slots where there are some.
const COLUMNS: [(&str, &str, Option<u64>); 5] = [
    ("1 slot", "jobs_per_second", Some(1)),
    ("8 slots", "jobs_per_second", Some(8)),
    ("32 slots", "jobs_per_second", Some(32)),
    ("start p50", "start_p50_ms", None),
    ("start p99", "start_p99_ms", None),
];
const LEGEND: &str = "No-op jobs per second in one worker process; milliseconds from a commit to the start of its job on an idle \
worker.\nIn brackets ours / peer: of jobs more than 1 is in our favour, of milliseconds less than 1.\n";

/// The best of each column so far.
#[derive(Default)]
pub struct Figures([Option<f64>; COLUMNS.len()]);

impl Figures {
    /// Takes the figures of a line of JSON.
    pub fn add(&mut self, line: &Value) -> Result<()> {
        let mut found = false;
        for ((_, field, slots), best) in COLUMNS.iter().zip(&mut self.0) {
            if let Some(figure) = line[field].as_f64()
                && line["slots"].as_u64() == *slots
            {
                let better = if slots.is_some() { f64::max } else { f64::min };
                *best = Some(best.map_or(figure, |best| better(best, figure)));
                found = true;
            }
        }
        ensure!(found, "no figure that was asked for");
        Ok(())
    }
}

/// A row for each, ours first.
pub fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a Figures)> + Clone) -> String {
    let width = rows.clone().map(|(name, _)| name.len()).max().unwrap_or_default();
    let ours = rows.clone().next().map(|(_, figures)| figures.0).unwrap_or_default();
    let mut text = LEGEND.to_owned();
    let mut line = |name: &str, cells: [String; COLUMNS.len()]| {
        let cells = cells.iter().fold(String::new(), |line, cell| format!("{line} {cell:>16}"));
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<width$}{}", cells.trim_end());
    };
    line("", COLUMNS.map(|(title, ..)| title.to_owned()));
    for (number, (name, figures)) in rows.enumerate() {
        let cell = |column: usize| {
            let Some(figure) = figures.0[column] else {
                return "-".to_owned();
            };
            let digits = if COLUMNS[column].2.is_some() { 0 } else { 2 };
            match ours[column] {
                Some(ours) if number > 0 => format!("{figure:.digits$} ({:.2})", ours / figure),
                _ => format!("{figure:.digits$}"),
            }
        };
        line(name, std::array::from_fn(cell));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_shows_the_best_of_each_and_ours_to_theirs() {
        let (mut ours, mut theirs) = (Figures::default(), Figures::default());
        for rate in [900.0, 1_000.0] {
            ours.add(&json!({ "slots": 8, "jobs_per_second": rate })).unwrap();
        }
        theirs.add(&json!({ "slots": 8, "jobs_per_second": 500.0 })).unwrap();
        theirs.add(&json!({ "start_p50_ms": 2.0, "start_p99_ms": 4.0 })).unwrap();
        theirs.add(&json!({ "start_p50_ms": 1.5, "start_p99_ms": 5.0 })).unwrap();
        let text = table([("ours", &ours), ("theirs", &theirs)].into_iter());
        let words: Vec<Vec<_>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[words.len() - 2], ["ours", "-", "1000", "-", "-", "-"]);
        assert_eq!(
            words[words.len() - 1],
            ["theirs", "-", "500", "(2.00)", "-", "1.50", "4.00"]
        );
        assert!(ours.add(&json!({ "slots": 3, "jobs_per_second": 1.0 })).is_err());
    }
}
