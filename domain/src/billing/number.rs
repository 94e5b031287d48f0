//! Numbers of invoices and credit notes.
//!
//! They are consecutive in the order of issue, because that is what an accountant needs and the law of those who use these currencies
//! asks for (India: CGST Rules 2017, rule 46 (b), "a consecutive serial number"; UAE: Executive Regulation of the VAT law, article 59,
//! "a sequential Tax Invoice number"). The counter is a row that is raised in the transaction of the invoice: of those who issue at the
//! same time one waits for the other, and what is rolled back leaves no gap. Take a number last: nobody issues until the transaction ends.

use crate::db::{Transaction, sql};
use crate::error::{Error, Result};
use anyhow::anyhow;

/// What is numbered; each has a series of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Series {
    Invoice,
    CreditNote,
}

impl Series {
    fn prefix(self) -> &'static str {
        match self {
            Self::Invoice => "INV",
            Self::CreditNote => "CRN",
        }
    }
}

/// The series and 8 digits (contract S2-74).
pub(super) async fn next(tx: &Transaction, series: Series) -> Result<String> {
    let prefix = series.prefix();
    let raise = "UPDATE document_number SET last = last + 1 WHERE series = $1 RETURNING last";
    let rows = sql::query(tx, raise, vec![prefix.into()]).await?;
    let row = rows.first().ok_or_else(|| Error::internal(anyhow!("the series {prefix} has no counter")))?;
    let number: i64 = row.try_get_by_index(0)?;
    match number {
        1..=99_999_999 => Ok(format!("{prefix}{number:08}")),
        _ => Err(Error::internal(anyhow!("the series {prefix} is used up"))),
    }
}
