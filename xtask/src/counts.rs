//! Counts of tests, read from what test programs print.

use std::fmt;
use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    /// Of one thing that passed or failed.
    pub fn of(passed: bool) -> Self {
        Self {
            passed: passed.into(),
            failed: (!passed).into(),
            skipped: 0,
        }
    }

    /// Of a line of `cargo test`: `test result: ok. 5 passed; 0 failed; 1 ignored; …`
    pub fn of_cargo(line: &str) -> Option<Self> {
        line.strip_prefix("test result: ").and_then(Self::of_words)
    }

    /// Of any line with `N passed`, `N failed` or the like, in any order: `graphql-http: 61 passed, 0 failed`.
    pub fn of_words(line: &str) -> Option<Self> {
        let mut counts = Self::default();
        let words: Vec<_> = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut found = false;
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<u64>() else { continue };
            let count = match pair[1] {
                "passed" => &mut counts.passed,
                "failed" | "error" | "errors" => &mut counts.failed,
                "skipped" | "ignored" => &mut counts.skipped,
                _ => continue,
            };
            *count += number;
            found = true;
        }
        found.then_some(counts)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
        Some(Counts {
            passed,
            failed,
            skipped,
        })
    }

    #[test]
    fn cargo_reports_in_its_result_line_only() {
        let line = "test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.05s";
        assert_eq!(Counts::of_cargo(line), counts(5, 2, 1));
        assert_eq!(Counts::of_cargo("test a::b_9 passed ... ok"), None);
    }

    #[test]
    fn foreign_suites_report_in_words_of_any_order() {
        assert_eq!(Counts::of_words("graphql-http: 61 passed, 0 failed"), counts(61, 0, 0));
        assert_eq!(
            Counts::of_words("=== 1 failed, 3 passed, 2 skipped in 0.12s ==="),
            counts(3, 1, 2)
        );
        assert_eq!(Counts::of_words("took 12 ms"), None);
    }

    #[test]
    fn the_line_of_counts_reads_as_it_is_written() {
        let line = Counts {
            passed: 7,
            failed: 1,
            skipped: 2,
        }
        .to_string();
        assert_eq!(line, "7 passed, 1 failed, 2 skipped");
        assert_eq!(Counts::of_words(&line), counts(7, 1, 2));
    }
}
