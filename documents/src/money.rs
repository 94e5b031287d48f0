//! How amounts and dates are written.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// An amount with at least both decimals and with separators of thousands: `1,234,567.50`. Nothing is rounded.
pub fn grouped(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    let scale = amount.scale().max(2);
    amount.rescale(scale);
    let text = amount.abs().to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if amount < Decimal::ZERO { "-" } else { "" };
    format!("{sign}{grouped}.{decimals}")
}

/// A date that no reader takes for another: `5 Mar 2026`.
pub fn day(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

pub fn moment(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_both_decimals_and_thousands() {
        for (amount, shown) in [
            ("0", "0.00"),
            ("150.5", "150.50"),
            ("999.99", "999.99"),
            ("1234567.5", "1,234,567.50"),
            ("-1000", "-1,000.00"),
            ("0.125", "0.125"),
        ] {
            assert_eq!(grouped(amount.parse().unwrap()), shown);
        }
    }
}
