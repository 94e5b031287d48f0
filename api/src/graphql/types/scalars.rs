//! Scalars of the schema.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use domain::events;
use rust_decimal::Decimal as Exact;

#[derive(Debug, Clone, Copy)]
pub struct Cursor(pub events::Cursor);

/// A place in the order of events. Opaque; hand it back as `after` to go on from there.
#[Scalar]
impl ScalarType for Cursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                events::Cursor::decode(text).map(Self).map_err(|error| InputValueError::custom(error.to_string()))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.encode())
    }
}

#[derive(Debug, Clone)]
pub struct DicomUid(pub String);

/// A DICOM unique identifier (PS3.5 chapter 9): digits and dots, at most 64.
#[Scalar(specified_by_url = "https://dicom.nema.org/medical/dicom/current/output/chtml/part05/chapter_9.html")]
impl ScalarType for DicomUid {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if text.len() <= 64 && text.bytes().all(|b| b == b'.' || b.is_ascii_digit()) => {
                Ok(Self(text))
            }
            Value::String(_) => Err(InputValueError::custom("a UID has digits and dots, at most 64")),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Date(pub NaiveDate);

/// A day of the calendar: `YYYY-MM-DD` (RFC 3339 full-date).
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                text.parse().map(Self).map_err(|_| InputValueError::custom("a date is written YYYY-MM-DD"))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Decimal(pub Exact);

/// An exact decimal number. Answered as a string, such as `"150.50"`, because clients read JSON numbers as binary fractions; taken as
/// a string or as a number.
#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            // By its digits, so that no rounding comes between.
            Value::Number(number) => number.to_string(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        Exact::from_str_exact(&text)
            .map(Self)
            .map_err(|_| InputValueError::custom("a decimal number has digits and at most one point, like 150.50"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
