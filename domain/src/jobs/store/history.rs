//! Jobs that ended long ago.

use crate::db::Db;
use crate::db::sql::execute;
use crate::error::Result;
use std::time::Duration;

/// Rows of one statement: other writers need not wait long.
const ROUND: u64 = 1_000;

/// Removes the jobs that ended more than `age` ago, whatever their end was; answers how many.
pub async fn trim(db: &Db, age: Duration) -> Result<u64> {
    let sql =
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE finished_at < {now+$1} ORDER BY finished_at LIMIT $2)";
    let mut removed = 0;
    loop {
        let round = execute(
            db.writer(),
            sql,
            vec![
                (-age.as_secs_f64()).into(),
                i64::try_from(ROUND).unwrap_or(i64::MAX).into(),
            ],
        )
        .await?;
        removed += round;
        if round < ROUND {
            return Ok(removed);
        }
    }
}
