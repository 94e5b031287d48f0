//! The table of events as it is, in its own order: what subscribers must have heard.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::db::Db;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use uuid::Uuid;

/// The cursor before all events.
pub const BEGINNING: &str = "MDow";

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// As clients get it.
    pub cursor: String,
    pub kind: String,
    pub study: Option<i64>,
    pub job: Option<Uuid>,
}

/// All events, in the order in which every reader must hear them.
///
/// # Panics
/// When the database does not answer.
pub async fn all(db: &Db) -> Vec<Told> {
    let xid = match db.backend() {
        DbBackend::Postgres => "xid::text::bigint",
        _ => "xid",
    };
    let sql = format!("SELECT {xid} AS xid, id, kind, study_id, job_id FROM event ORDER BY event.xid, event.id");
    let rows = db.reader().query_all_raw(Statement::from_string(db.backend(), sql)).await.expect("the events");
    rows.iter().map(|row| told(row).expect("an event")).collect()
}

fn told(row: &QueryResult) -> Result<Told, sea_orm::DbErr> {
    let (xid, id): (i64, i64) = (row.try_get("", "xid")?, row.try_get("", "id")?);
    Ok(Told {
        cursor: BASE64_URL_SAFE_NO_PAD.encode(format!("{xid}:{id}")),
        kind: row.try_get("", "kind")?,
        study: row.try_get("", "study_id")?,
        job: row.try_get("", "job_id")?,
    })
}

/// What is wrong with the order of the events of one job, if something is.
pub fn illegal<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut state = "NEW";
    for kind in kinds {
        state = match (state, kind) {
            ("NEW" | "RUNNING" | "ENDED", "JOB_QUEUED") | ("RUNNING", "JOB_RETRYING") => "WAITING",
            ("WAITING", "JOB_STARTED") | ("RUNNING", "JOB_PROGRESSED") => "RUNNING",
            ("RUNNING", "JOB_SUCCEEDED" | "JOB_DEAD") | ("RUNNING" | "WAITING", "JOB_CANCELLED") => "ENDED",
            _ => return Some(format!("{kind} of a job that is {state}")),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::illegal;

    #[test]
    fn the_life_of_a_job_has_an_order() {
        for legal in [
            &["JOB_QUEUED", "JOB_STARTED", "JOB_PROGRESSED", "JOB_SUCCEEDED"][..],
            &[
                "JOB_QUEUED",
                "JOB_STARTED",
                "JOB_RETRYING",
                "JOB_STARTED",
                "JOB_DEAD",
                "JOB_QUEUED",
                "JOB_STARTED",
            ],
            &["JOB_QUEUED", "JOB_STARTED", "JOB_QUEUED", "JOB_CANCELLED"],
        ] {
            assert_eq!(illegal(legal.iter().copied()), None, "{legal:?}");
        }
        for wrong in [
            &["JOB_STARTED"][..],
            &["JOB_QUEUED", "JOB_SUCCEEDED"],
            &["JOB_QUEUED", "JOB_STARTED", "JOB_STARTED"],
            &["JOB_QUEUED", "JOB_STARTED", "JOB_SUCCEEDED", "JOB_PROGRESSED"],
            &["JOB_QUEUED", "JOB_STARTED", "JOB_SUCCEEDED", "JOB_SUCCEEDED"],
        ] {
            assert!(illegal(wrong.iter().copied()).is_some(), "{wrong:?}");
        }
    }
}
