//! How far back events are kept, and what a subscriber is told whose cursor is older.

use super::{Cursor, Topic, cursor, head, page};
use crate::db::Db;
use crate::db::sql::{execute, query};
use crate::error::{Error, Result};
use chrono::{TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend};

/// Events of one statement: other writers need not wait long.
const ROUND: u64 = 1_000;

/// Removes the events at the beginning of the order that are older than `age`; answers how many. The place of the last one
/// is remembered in the same transaction, so that no cursor before it is ever read on from as if nothing were missing.
pub async fn trim(db: &Db, age: TimeDelta) -> Result<u64> {
    let before = Utc::now() - age;
    let mut removed = 0;
    loop {
        let oldest = page(db.reader(), Cursor::default(), &Topic::default(), ROUND).await?.events;
        let old = oldest.iter().take_while(|event| event.created_at < before);
        let Some(last) = old.map(|event| event.cursor).last() else {
            return Ok(removed);
        };
        removed += remove_through(db, last).await?;
    }
}

async fn remove_through(db: &Db, last: Cursor) -> Result<u64> {
    let (order, xid) = match db.backend() {
        DbBackend::Postgres => ("(xid, id) <= ($1::text::xid8, $2)", last.xid.to_string().into()),
        _ => ("xid = $1 AND id <= $2", last.xid.into()),
    };
    let tx = db.begin().await?;
    let removed = execute(
        &tx,
        &format!("DELETE FROM event WHERE {order}"),
        vec![xid, last.id.into()],
    )
    .await?;
    let horizon = "UPDATE event_horizon SET xid = $1, event_id = $2";
    execute(&tx, horizon, vec![last.xid.into(), last.id.into()]).await?;
    tx.commit().await?;
    Ok(removed)
}

/// The place of the last event that is no longer kept.
pub(super) async fn horizon(c: &impl ConnectionTrait) -> Result<Cursor> {
    let rows = query(c, "SELECT xid, event_id FROM event_horizon", vec![]).await?;
    rows.first().map_or(Ok(Cursor::default()), cursor)
}

/// Refuses a cursor after which events were removed.
pub(super) async fn still_kept(c: &impl ConnectionTrait, after: Cursor) -> Result<()> {
    if after >= horizon(c).await? {
        return Ok(());
    }
    let now = head(c).await?.encode();
    Err(Error::CursorExpired { now })
}
