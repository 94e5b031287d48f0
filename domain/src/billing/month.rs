//! Months of statements, in UTC.

use crate::error::{Error, Result};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use std::fmt;
use std::str::FromStr;

/// A month of the calendar, written `YYYY-MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    first_day: NaiveDate,
}

impl Month {
    pub fn of(at: DateTime<Utc>) -> Self {
        let day = at.date_naive();
        Self {
            first_day: day.with_day(1).unwrap_or(day),
        }
    }

    pub fn first_day(self) -> NaiveDate {
        self.first_day
    }

    pub fn start(self) -> DateTime<Utc> {
        self.first_day.and_time(NaiveTime::MIN).and_utc()
    }

    /// The start of the next one.
    pub fn end(self) -> DateTime<Utc> {
        self.start() + Months::new(1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first_day.format("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = Error;

    /// From `2000-01` on.
    fn from_str(text: &str) -> Result<Self> {
        let written = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let day = written.then(|| NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()).flatten();
        let first_day = day.filter(|day| day.year() >= 2000);
        let first_day = first_day
            .ok_or_else(|| Error::invalid("month", "INVALID_MONTH", "month is written YYYY-MM, such as 2026-03"))?;
        Ok(Self { first_day })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let month: Month = "2027-12".parse().unwrap();
        assert_eq!(month.start().to_rfc3339(), "2027-12-01T00:00:00+00:00");
        assert_eq!(month.end().to_rfc3339(), "2028-01-01T00:00:00+00:00");
        assert_eq!(Month::of(month.start()).to_string(), "2027-12");
        assert_eq!(Month::of(month.end()).to_string(), "2028-01");
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in [
            "",
            "2027-13",
            "2027-00",
            "1999-12",
            "2027-1",
            "27-01",
            "2027-01-01",
            "2027/01",
            "-027-01",
            "２０２７-01",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}
