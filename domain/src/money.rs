//! Money: exact decimal amounts in a currency, kept in whole minor units, never in floating point.

use crate::error::FieldError;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The currencies of the contract (S2-79). Each has a hundred minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Currency {
    Usd,
    Inr,
    Aed,
}

const DECIMALS: u32 = 2;
/// One billion, less a cent: no price is larger, and sums of many stay far from the limits of 64 bits.
const MAX_MINOR: i64 = 99_999_999_999;

impl Currency {
    pub const ALL: [Currency; 3] = [Self::Usd, Self::Inr, Self::Aed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::Inr => "inr",
            Self::Aed => "aed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| currency.as_str() == text)
    }
}

/// An amount in minor units, with both decimals: 15050 is `150.50`.
pub fn amount(minor: i64) -> Decimal {
    Decimal::new(minor, DECIMALS)
}

/// From an amount to minor units; an error for negative ones, fractions of a minor unit, and a billion or more.
pub fn to_minor(field: &'static str, amount: Decimal) -> Result<i64, FieldError> {
    let minor = amount.checked_mul(Decimal::from(10_i64.pow(DECIMALS))).filter(Decimal::is_integer);
    let minor = minor.and_then(|minor| minor.to_i64()).filter(|minor| (0..=MAX_MINOR).contains(minor));
    minor.ok_or_else(|| FieldError {
        field,
        code: "INVALID_AMOUNT",
        message: format!(
            "{field} is from 0 to {}, with at most {DECIMALS} decimals",
            self::amount(MAX_MINOR)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_survives_the_way_there_and_back() {
        for (text, minor, shown) in [
            ("150", 15000, "150.00"),
            ("150.5", 15050, "150.50"),
            ("0.01", 1, "0.01"),
            ("0.10", 10, "0.10"),
        ] {
            let parsed: Decimal = text.parse().expect("a number");
            assert_eq!(to_minor("amount", parsed), Ok(minor), "{text}");
            assert_eq!(amount(minor).to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in ["-1", "0.001", "1000000000", "79228162514264337593543950335"] {
            let parsed: Decimal = text.parse().expect("a number");
            assert_eq!(to_minor("amount", parsed).expect_err(text).code, "INVALID_AMOUNT");
        }
    }
}
