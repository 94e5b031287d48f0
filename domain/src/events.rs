//! The event outbox: appended in the transaction of the change, read in one gapless order by every process.
//!
//! Order: events carry the id of their transaction (`xid`). On PostgreSQL an event is final, and only then read, when its
//! transaction is older than every running one (`pg_snapshot_xmin`); so nothing can appear before a position already read.
//! SQLite has one writer at a time, and its row ids are in the order of commits.

mod feed;
mod history;
mod kinds;
mod subjects;
mod subscribe;
mod timeline;
mod worklist;

pub use feed::Feed;
pub(crate) use feed::user_revoked;
pub use history::trim;
pub use kinds::EventKind;
pub use subjects::Subjects;
pub use subscribe::{Update, Wanted, job_updates, study_updates};
pub use timeline::{event_counts_by_study, events_by_study};
pub use worklist::{Movement, WorklistUpdate, worklist_updates};

use crate::db::sql::tuples;
use crate::error::{Error, Result};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, QueryResult, Statement, Value};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use uuid::Uuid;

/// Rows of one INSERT.
const AT_ONCE: usize = 500;

/// A place in the order of events; what clients hand back as `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor {
    xid: i64,
    id: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.xid, self.id)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let (xid, id) = text.split_once(':')?;
            Some(Self {
                xid: xid.parse().ok()?,
                id: id.parse().ok()?,
            })
        };
        parse().ok_or_else(foreign)
    }
}

fn foreign() -> Error {
    Error::invalid("after", "INVALID_CURSOR", "The cursor is not one that this server gave")
}

impl Cursor {
    pub fn encode(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.to_string())
    }

    pub fn decode(text: &str) -> Result<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
        std::str::from_utf8(&bytes).map_err(|_| foreign())?.parse()
    }
}

#[derive(Debug, Clone)]
pub struct NewEvent {
    pub kind: EventKind,
    pub centre_id: Option<i64>,
    pub study_id: Option<i64>,
    pub job_id: Option<Uuid>,
    pub user_id: Option<i64>,
    pub payload: serde_json::Value,
}

#[derive(Debug, Clone)]
pub struct Event {
    pub cursor: Cursor,
    pub kind: EventKind,
    pub centre_id: Option<i64>,
    pub study_id: Option<i64>,
    pub job_id: Option<Uuid>,
    pub user_id: Option<i64>,
    pub payload: serde_json::Value,
    pub created_at: DateTime<Utc>,
    pub subjects: Arc<Subjects>,
}

impl Event {
    /// Why somebody did it, where he said so.
    pub fn reason(&self) -> Option<&str> {
        self.payload.get("reason")?.as_str()
    }
}

/// What a listener wants to hear; empty fields match everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Topic {
    pub centre_id: Option<i64>,
    pub study_id: Option<i64>,
    pub job_id: Option<Uuid>,
    /// Events of jobs only.
    pub jobs_only: bool,
    /// What the listener may not hear of.
    pub hidden: &'static [EventKind],
}

impl Topic {
    pub fn matches(&self, event: &Event) -> bool {
        let same = |wanted: Option<i64>, is: Option<i64>| wanted.is_none() || wanted == is;
        // A job without a study is heard by whoever asks for it by name.
        (event.study_id.is_some() || self.job_id.is_some())
            && !self.hidden.contains(&event.kind)
            && same(self.centre_id, event.centre_id)
            && same(self.study_id, event.study_id)
            && (self.job_id.is_none() || self.job_id == event.job_id)
            && (!self.jobs_only || event.job_id.is_some())
    }
}

pub async fn append(c: &impl ConnectionTrait, event: NewEvent) -> Result<()> {
    append_all(c, vec![event]).await
}

/// Several events in the given order, by one statement each few hundred.
pub async fn append_all(c: &impl ConnectionTrait, events: Vec<NewEvent>) -> Result<()> {
    for events in events.chunks(AT_ONCE) {
        let mut values: Vec<Value> = Vec::with_capacity(events.len() * 7);
        for event in events {
            values.extend::<[Value; 7]>([
                event.kind.as_str().into(),
                event.centre_id.into(),
                event.study_id.into(),
                event.job_id.into(),
                event.user_id.into(),
                event.payload.clone().into(),
                Utc::now().into(),
            ]);
        }
        let sql = format!(
            "INSERT INTO event (kind, centre_id, study_id, job_id, user_id, payload, created_at) VALUES {}",
            tuples(events.len(), 7)
        );
        c.execute_raw(Statement::from_sql_and_values(c.get_database_backend(), sql, values)).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Row {
    xid: i64,
    id: i64,
    is_final: bool,
    kind: String,
    centre_id: Option<i64>,
    study_id: Option<i64>,
    job_id: Option<Uuid>,
    user_id: Option<i64>,
    payload: serde_json::Value,
    created_at: DateTime<Utc>,
}

/// One page of events after a cursor, and whether more are on their way: rows whose order is not final yet.
pub(crate) struct Page {
    pub events: Vec<Event>,
    pub unfinished: bool,
}

pub(crate) async fn page(c: &impl ConnectionTrait, after: Cursor, topic: &Topic, limit: u64) -> Result<Page> {
    let backend = c.get_database_backend();
    let (columns, order) = match backend {
        DbBackend::Postgres => (
            "xid::text::bigint AS xid, xid < pg_snapshot_xmin(pg_current_snapshot()) AS is_final",
            "(xid, id) > ($1::text::xid8, $2)",
        ),
        _ => ("xid, true AS is_final", "id > $2 AND xid >= $1"),
    };
    let mut values: Vec<Value> = match backend {
        DbBackend::Postgres => vec![after.xid.to_string().into(), after.id.into()],
        // The same for every event: it only makes the index of the order usable.
        _ => vec![0i64.into(), after.id.into()],
    };
    let mut filter = String::new();
    for (column, value) in [("centre_id", topic.centre_id), ("study_id", topic.study_id)] {
        if let Some(value) = value {
            values.push(value.into());
            filter += &format!(" AND {column} = ${}", values.len());
        }
    }
    if let Some(job) = topic.job_id {
        values.push(job.into());
        filter += &format!(" AND job_id = ${}", values.len());
    }
    let sql = format!(
        "SELECT id, {columns}, kind, centre_id, study_id, job_id, user_id, payload, created_at
         FROM event WHERE {order}{filter} ORDER BY event.xid, event.id LIMIT {limit}"
    );
    let rows = Row::find_by_statement(Statement::from_sql_and_values(backend, sql, values)).all(c).await?;
    let unfinished = rows.iter().any(|row| !row.is_final);
    let events = rows.into_iter().take_while(|row| row.is_final).map(event).collect::<Result<_>>()?;
    Ok(Page { events, unfinished })
}

fn event(row: Row) -> Result<Event> {
    Ok(Event {
        cursor: Cursor {
            xid: row.xid,
            id: row.id,
        },
        kind: EventKind::parse(&row.kind)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("unknown event kind {}", row.kind)))?,
        centre_id: row.centre_id,
        study_id: row.study_id,
        job_id: row.job_id,
        user_id: row.user_id,
        payload: row.payload,
        created_at: row.created_at,
        subjects: Arc::new(Subjects::new(row.study_id, row.job_id)),
    })
}

/// The place after every event that is final now.
pub(crate) async fn head(c: &impl ConnectionTrait) -> Result<Cursor> {
    let backend = c.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT xid::text::bigint, id FROM event WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
             ORDER BY event.xid DESC, id DESC LIMIT 1"
        }
        _ => "SELECT xid, id FROM event ORDER BY xid DESC, id DESC LIMIT 1",
    };
    match c.query_one_raw(Statement::from_string(backend, sql)).await? {
        Some(row) => cursor(&row),
        None => history::horizon(c).await,
    }
}

/// Of a row whose first columns it is.
fn cursor(row: &QueryResult) -> Result<Cursor> {
    Ok(Cursor {
        xid: row.try_get_by_index(0)?,
        id: row.try_get_by_index(1)?,
    })
}
