//! What came in, counted for each centre and day (UTC): the basis of bills and capacity plans.

use crate::App;
use crate::context::Context;
use crate::db::Db;
use crate::db::sql::{execute, query};
use crate::error::{Error, Result};
use crate::policy::{Action, Reach, require};
use chrono::{DateTime, Days, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};

/// Days of one roll-up, after which the next run goes on.
const DAYS_AT_ONCE: usize = 400;
/// Days of one answer.
const DAYS_ASKED: i64 = 366;

/// One centre's day.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct UsageDay {
    pub centre_id: i64,
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Studies that received instances.
    pub studies: i64,
    pub instances: i64,
    /// Of the stored files.
    pub bytes: i64,
}

/// Counts the days since the last count, which was perhaps made before that day was over, in one transaction. Counting again
/// changes nothing.
pub async fn roll_up(db: &Db) -> Result<()> {
    let Some(first) = first_day(db).await? else {
        return Ok(());
    };
    let today = Utc::now().date_naive();
    let tx = db.begin().await?;
    for day in first.iter_days().take(DAYS_AT_ONCE).take_while(|day| *day <= today) {
        count(&tx, day).await?;
    }
    Ok(tx.commit().await?)
}

/// The day before the last one counted: what was committed around midnight counts too.
async fn first_day(db: &Db) -> Result<Option<NaiveDate>> {
    let rows = query(db.reader(), "SELECT max(day) FROM usage_day", vec![]).await?;
    let counted: Option<String> = rows.first().map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    if let Some(day) = counted.and_then(|day| day.parse::<NaiveDate>().ok()) {
        return Ok(day.checked_sub_days(Days::new(1)));
    }
    let rows = query(
        db.reader(),
        "SELECT created_at FROM instance ORDER BY created_at LIMIT 1",
        vec![],
    )
    .await?;
    let first: Option<DateTime<Utc>> = rows.first().map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(first.map(|first| first.date_naive()))
}

async fn count(c: &impl ConnectionTrait, day: NaiveDate) -> Result<()> {
    let midnight = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let sql = "INSERT INTO usage_day (centre_id, day, studies, instances, bytes)
               SELECT study.centre_id, $1, count(DISTINCT instance.study_id), count(*), CAST(sum(instance.size_bytes) AS bigint)
               FROM instance JOIN study ON study.id = instance.study_id
               WHERE instance.created_at >= $2 AND instance.created_at < $3 GROUP BY study.centre_id
               ON CONFLICT (centre_id, day) DO UPDATE SET studies = excluded.studies, instances = excluded.instances, bytes = excluded.bytes";
    let values = vec![day.to_string().into(), midnight(day).into(), midnight(next).into()];
    execute(c, sql, values).await?;
    Ok(())
}

/// The days from the first to the last that the caller may see, in their order, of one centre or of all.
pub async fn usage_list(
    app: &App,
    ctx: &Context,
    centre_id: Option<i64>,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<UsageDay>> {
    let centre_id = match (require(ctx, Action::UsageRead)?, centre_id) {
        (Reach::All, asked) => asked,
        (Reach::Centre(own), Some(asked)) if own != asked => return Err(Error::OutOfScope("Centre")),
        (Reach::Centre(own) | Reach::Own(own), _) => Some(own),
    };
    if (last - first).num_days() >= DAYS_ASKED {
        let message = format!("Ask for at most {DAYS_ASKED} days at a time");
        return Err(Error::invalid("last", "TOO_MANY_DAYS", message));
    }
    let sql = "SELECT centre_id, day, studies, instances, bytes FROM usage_day
               WHERE day >= $1 AND day <= $2 AND ($3 IS NULL OR centre_id = $3) ORDER BY day, centre_id";
    let values = vec![first.to_string().into(), last.to_string().into(), centre_id.into()];
    let rows = query(app.db.reader(), sql, values).await?;
    rows.iter().map(|row| Ok(UsageDay::from_query_result(row, "")?)).collect()
}
