//! How lists are cut, and times and money written, in this family.

use super::words::Count;
use chrono::{DateTime, Utc};
use domain::money;
use domain::page::Slice;
use rust_decimal::prelude::ToPrimitive;

const DEFAULT_LIMIT: u64 = 100;
/// Whoever asks for more gets so many (contract S2-14).
const MAX_LIMIT: u64 = 1000;

/// From `skip` and `limit` of the query.
pub fn slice(skip: Option<Count>, limit: Option<Count>) -> Slice {
    Slice {
        // Databases count rows in signed numbers.
        skip: skip.map_or(0, |Count(skip)| skip.min(i64::MAX.unsigned_abs())),
        limit: limit.map_or(DEFAULT_LIMIT, |Count(limit)| limit.min(MAX_LIMIT)),
    }
}

/// An amount as a JSON number, `150.0` (contract S2-79). Only ever written: amounts are below a billion, so that the shortest digits of
/// the floating point number are those of the exact amount.
pub fn money(minor: i64) -> f64 {
    money::amount(minor).to_f64().unwrap_or_default()
}

/// Naive UTC with microseconds (contract X-29).
pub fn naive(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
