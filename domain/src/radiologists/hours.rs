//! Working hours of a week, in the time zone of whoever works them.

use crate::error::{Error, Result};
use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

const DAY: u16 = 24 * 60;

/// Part of one day of the week, in minutes from midnight: from the first, and up to the second, which is 1440 at the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkingHours {
    pub day: Weekday,
    from: u16,
    to: u16,
}

impl WorkingHours {
    /// Of times as `08:30`; the end of a day is `24:00`. A night is two parts. An `INVALID_HOURS` for what is no time, or ends before it begins.
    pub fn parse(day: Weekday, from: &str, to: &str) -> Result<Self> {
        match (minutes(from), minutes(to)) {
            (Some(from), Some(to)) if from < to => Ok(Self { day, from, to }),
            _ => {
                let message = "Working hours are from one time to a later one of the same day, from 00:00 to 24:00";
                Err(Error::invalid("hours", "INVALID_HOURS", message))
            }
        }
    }

    pub fn from(&self) -> String {
        text(self.from)
    }

    pub fn to(&self) -> String {
        text(self.to)
    }
}

fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':').filter(|_| text.len() == 5)?;
    let digits =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok()).flatten();
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (minute < 60).then_some(hour * 60 + minute).filter(|minutes| *minutes <= DAY)
}

fn text(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// By its name in the IANA time zone database.
pub(super) fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// Whether somebody with these hours works; without any he always does.
pub(super) fn covered(hours: &[WorkingHours], zone_name: &str, at: DateTime<Utc>) -> bool {
    let local = at.with_timezone(&zone(zone_name).unwrap_or(Tz::UTC));
    let minute = local.hour() * 60 + local.minute();
    let now = |part: &WorkingHours| {
        part.day == local.weekday() && (u32::from(part.from)..u32::from(part.to)).contains(&minute)
    };
    hours.is_empty() || hours.iter().any(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_those_of_the_place_in_summer_and_in_winter() {
        let hours = [WorkingHours::parse(Weekday::Mon, "08:00", "16:30").unwrap()];
        let vienna = |time: &str| covered(&hours, "Europe/Vienna", time.parse().unwrap());
        // 2026-01-05 and 2026-07-06 are Mondays.
        assert!(!vienna("2026-01-05T06:59:00Z") && vienna("2026-01-05T07:00:00Z"));
        assert!(vienna("2026-01-05T15:29:59Z") && !vienna("2026-01-05T15:30:00Z"));
        assert!(!vienna("2026-07-06T05:59:00Z") && vienna("2026-07-06T06:00:00Z"));
        assert!(!vienna("2026-01-06T10:00:00Z"), "a Tuesday");
        assert!(covered(&[], "UTC", "2026-01-06T10:00:00Z".parse().unwrap()));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (from, to) in [
            ("8:00", "16:00"),
            ("08:00", "08:00"),
            ("08:60", "16:00"),
            ("00:00", "24:01"),
            ("+8:00", "16:00"),
        ] {
            assert!(WorkingHours::parse(Weekday::Mon, from, to).is_err(), "{from} to {to}");
        }
        let whole = WorkingHours::parse(Weekday::Sun, "00:00", "24:00").unwrap();
        assert_eq!((whole.from(), whole.to()), ("00:00".into(), "24:00".into()));
    }
}
