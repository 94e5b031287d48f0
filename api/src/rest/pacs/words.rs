//! Values as this family's clients write them: numbers and truth values also as text, as forms and query strings have them.

use domain::billing::InvoiceStatus;
use domain::context::Role;
use domain::money::Currency;
use domain::studies::{Modality, StudyStatus};
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

pub const NOT_AN_INTEGER: &str = "value is not a valid integer";
pub const NOT_A_BOOLEAN: &str = "value could not be parsed to a boolean";
pub const NOT_A_DECIMAL: &str = "value is not a valid decimal";
pub const NOT_TEXT: &str = "str type expected";
pub const NOT_A_CHOICE: &str = "value is not a valid enumeration member";
pub const NOT_A_DAY: &str = "invalid date format";
pub const TOO_SMALL: &str = "ensure this value is greater than or equal to 0";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Integer(pub i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        integer(&Value::deserialize(deserializer)?)
            .map(Self)
            .ok_or_else(|| D::Error::custom(NOT_AN_INTEGER))
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number of rows or of anything else that is never below 0.
#[derive(Debug, Clone, Copy)]
pub struct Count(pub u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Integer(number) = Integer::deserialize(deserializer)?;
        u64::try_from(number).map(Self).map_err(|_| D::Error::custom(TOO_SMALL))
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::Bool(is) => return Ok(Self(is)),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_lowercase(),
            _ => String::new(),
        };
        match text.as_str() {
            "true" | "1" | "on" | "yes" => Ok(Self(true)),
            "false" | "0" | "off" | "no" => Ok(Self(false)),
            _ => Err(D::Error::custom(NOT_A_BOOLEAN)),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(D::Error::custom(NOT_TEXT)),
        }
    }
}

/// An amount of money, read from the digits that were sent and never through floating point.
#[derive(Debug, Clone, Copy)]
pub struct Amount(pub Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => String::new(),
        };
        let amount = text.parse().or_else(|_| Decimal::from_scientific(&text));
        amount.map(Self).map_err(|_| D::Error::custom(NOT_A_DECIMAL))
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Day(pub chrono::NaiveDate);

impl<'de> Deserialize<'de> for Day {
    /// A day, or the day of a time.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let day = text.split(['T', ' ']).next().and_then(|day| day.parse().ok());
        day.map(Self).ok_or_else(|| D::Error::custom(NOT_A_DAY))
    }
}

/// Words of which one is chosen.
pub trait Word: Copy + 'static {
    const NAME: &'static str;
    const CHOICES: &'static [Self];
    fn word(self) -> &'static str;
}

impl Word for Role {
    const NAME: &'static str = "Role";
    const CHOICES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for Modality {
    const NAME: &'static str = "Modality";
    /// `other` is only ever answered (contract S2-28).
    const CHOICES: &'static [Self] = &[
        Self::Ct,
        Self::Xray,
        Self::Mri,
        Self::Ultrasound,
        Self::Pet,
        Self::Mammography,
    ];
    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for StudyStatus {
    const NAME: &'static str = "StudyStatus";
    const CHOICES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for Currency {
    const NAME: &'static str = "Currency";
    const CHOICES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for InvoiceStatus {
    const NAME: &'static str = "BillingStatus";
    const CHOICES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        self.as_str()
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Choice<T>(pub T);

impl<'de, T: Word> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = value.as_str().unwrap_or_default().to_lowercase();
        T::CHOICES.iter().copied().find(|choice| choice.word() == text).map(Self).ok_or_else(|| {
            let words: Vec<_> = T::CHOICES.iter().map(|choice| format!("'{}'", choice.word())).collect();
            D::Error::custom(format!("{NOT_A_CHOICE}; permitted: {}", words.join(", ")))
        })
    }
}

impl<T: Word> JsonSchema for Choice<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = T::CHOICES.iter().map(|choice| choice.word()).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

/// The schema that the documentation shows: the plain type, which is what clients should send.
macro_rules! plain {
    ($name:ident, $($schema:tt)*) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($($schema)*)
            }
        }
    };
}

plain!(Integer, { "type": "integer", "format": "int64" });
plain!(Count, { "type": "integer", "minimum": 0 });
plain!(Flag, { "type": "boolean" });
plain!(Text, { "type": "string" });
plain!(Amount, { "type": "number", "minimum": 0, "examples": [150.0] });
plain!(Day, { "type": "string", "format": "date" });
