//! Until when a study is to be reported: the centre's target for its urgency, counted from upload to verification; and telling people of
//! those that are late.
//!
//! Invariant: `due_at` is in whole seconds, so that SQLite's text of it is the same whoever wrote it, and pages by it repeat nothing.

use super::urgency::Urgency;
use crate::db::Db;
use crate::db::sql::query;
use crate::error::Result;
use crate::events::{self, EventKind, NewEvent};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::{centre, study};
use sea_orm::QueryResult;
use serde_json::json;

/// Studies of one transaction.
const ROUND: usize = 500;

/// Minutes from upload to verification, where the centre has not said otherwise.
fn usual_target(urgency: Urgency) -> i32 {
    match urgency {
        Urgency::Emergency => 30,
        Urgency::Urgent => 60,
        Urgency::Priority => 240,
        Urgency::Routine => 1440,
    }
}

/// Minutes from upload to verification.
pub fn target_minutes(centre: &centre::Model, urgency: Urgency) -> i32 {
    let own = match urgency {
        Urgency::Emergency => centre.target_emergency,
        Urgency::Urgent => centre.target_urgent,
        Urgency::Priority => centre.target_priority,
        Urgency::Routine => centre.target_routine,
    };
    own.unwrap_or_else(|| usual_target(urgency))
}

pub(crate) fn due_at(centre: &centre::Model, urgency: Urgency, uploaded_at: DateTime<Utc>) -> DateTime<Utc> {
    (uploaded_at + TimeDelta::minutes(target_minutes(centre, urgency).into())).trunc_subsecs(0)
}

/// Whether its time is over and it is not verified.
pub fn is_overdue(study: &study::Model, at: DateTime<Utc>) -> bool {
    study.verified_at.is_none() && study.due_at < at
}

/// Whole minutes from upload to the first verification; none before.
pub fn turnaround(study: &study::Model) -> Option<i64> {
    Some((study.verified_at? - study.created_at).num_minutes())
}

/// Tells of every study that has become late, once; answers how many there were.
pub async fn overdue_tell(db: &Db) -> Result<usize> {
    let mut told = 0;
    loop {
        let tx = db.begin().await?;
        // Whoever holds a study is changing it: the next round sees what it became.
        let sql = format!(
            "UPDATE study SET overdue_at = $1 WHERE id IN (
               SELECT id FROM study WHERE verified_at IS NULL AND overdue_at IS NULL AND due_at < $1
               ORDER BY due_at, id LIMIT {ROUND} {{skip locked}})
             RETURNING id, centre_id, urgency"
        );
        let rows = query(&tx, &sql, vec![Utc::now().into()]).await?;
        let events = rows.iter().map(late).collect::<Result<Vec<_>>>()?;
        let late = events.len();
        events::append_all(&tx, events).await?;
        tx.commit().await?;
        told += late;
        if late < ROUND {
            return Ok(told);
        }
    }
}

fn late(row: &QueryResult) -> Result<NewEvent> {
    let urgency: String = row.try_get_by_index(2)?;
    Ok(NewEvent {
        kind: EventKind::StudyOverdue,
        study_id: Some(row.try_get_by_index(0)?),
        centre_id: Some(row.try_get_by_index(1)?),
        job_id: None,
        user_id: None,
        payload: json!({ "urgency": urgency }),
    })
}
