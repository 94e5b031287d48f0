//! From what was noted to the rows that are kept.

use super::kinds::AuditKind;
use super::trail::{Note, Who};
use crate::db::Db;
use crate::db::sql::tuples;
use crate::error::Result;
use chrono::{DateTime, Utc};
use entity::audit_event::Model;
use entity::{study, user};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, Statement, Value};
use std::collections::{BTreeSet, HashMap};
use uuid::{NoContext, Timestamp, Uuid};

/// Studies that one record names; of more it has the number. The longest page has a hundred.
const NAMED: usize = 200;
/// Rows of one statement; both databases bound the number of its parameters.
const AT_ONCE: usize = 500;
/// Pairs of study and event in one statement.
const PAIRS: usize = 5_000;

/// What a change is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// UUID and centre.
    pub study: Option<(Uuid, i64)>,
    /// What besides, by its kind and opaque id.
    pub object: Option<String>,
}

impl About {
    pub fn study(study: &study::Model) -> Self {
        Self {
            study: Some((study.uuid, study.centre_id)),
            object: None,
        }
    }

    /// And about something of it.
    pub fn and(self, kind: &str, id: impl std::fmt::Display) -> Self {
        Self {
            object: Some(format!("{kind}:{id}")),
            ..self
        }
    }

    pub fn object(kind: &str, id: impl std::fmt::Display) -> Self {
        Self::default().and(kind, id)
    }
}

/// A row that is not sealed yet.
pub(super) fn row(who: &Who, kind: AuditKind, at: DateTime<Utc>, about: About) -> Model {
    let (studies, centre) = match about.study {
        Some((uuid, centre)) => (vec![uuid], Some(centre)),
        None => (Vec::new(), None),
    };
    listing(who, kind, at, (centre, &studies, studies.len()), about.object)
}

fn listing(
    who: &Who,
    kind: AuditKind,
    at: DateTime<Utc>,
    (centre_id, studies, count): (Option<i64>, &[Uuid], usize),
    object: Option<String>,
) -> Model {
    // Both databases keep microseconds.
    let at = DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at);
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    Model {
        id: Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos())),
        at,
        face: who.face.as_str().into(),
        kind: kind.as_str().into(),
        action: kind.action().into(),
        outcome: kind.outcome().indicator(),
        user_id: who.user_id,
        username: who.username.clone(),
        role: who.role.map(String::from),
        user_centre_id: who.centre_id,
        remote: who.remote.clone(),
        request_id: who.request_id.clone(),
        centre_id,
        object,
        study_count: i32::try_from(count).unwrap_or(i32::MAX),
        studies: studies.iter().take(NAMED).flat_map(|uuid| uuid.into_bytes()).collect(),
        key_id: String::new(),
        seq: None,
        hash: Vec::new(),
    }
}

/// The studies that a row names.
pub(super) fn named(row: &Model) -> impl Iterator<Item = Uuid> {
    row.studies.chunks_exact(16).filter_map(|bytes| Uuid::from_slice(bytes).ok())
}

/// The rows of notes: one for each centre whose studies a note is about.
pub(super) async fn of_notes(db: &Db, notes: &[Note]) -> Result<Vec<Model>> {
    let ids: BTreeSet<i64> = notes.iter().flat_map(|note| note.studies.iter().copied()).collect();
    let studies = studies(db, ids).await?;
    let holders = notes.iter().filter(|note| note.who.username.is_none()).filter_map(|note| note.who.user_id);
    let users = users(db, holders.collect()).await?;
    let mut rows = Vec::with_capacity(notes.len());
    for note in notes {
        let mut who = note.who.clone();
        if let (None, Some(user)) = (&who.username, who.user_id.and_then(|id| users.get(&id))) {
            who.username = Some(user.username.clone());
            who.role = user.role.as_deref().and_then(crate::context::Role::parse).map(|role| role.as_str());
            who.centre_id = user.centre_id;
        }
        let mut centres: HashMap<Option<i64>, BTreeSet<i64>> = HashMap::new();
        for id in &note.studies {
            centres.entry(studies.get(id).map(|(_, centre)| *centre)).or_default().insert(*id);
        }
        if centres.is_empty() {
            centres.insert(None, BTreeSet::new());
        }
        for (centre, ids) in centres {
            let uuids: Vec<Uuid> = ids.iter().filter_map(|id| studies.get(id).map(|(uuid, _)| *uuid)).collect();
            rows.push(listing(
                &who,
                note.kind,
                note.at,
                (centre, &uuids, ids.len()),
                note.object.clone(),
            ));
        }
    }
    Ok(rows)
}

/// UUID and centre of studies, by their row ids.
async fn studies(db: &Db, ids: BTreeSet<i64>) -> Result<HashMap<i64, (Uuid, i64)>> {
    let mut all = HashMap::new();
    let ids: Vec<i64> = ids.into_iter().collect();
    for ids in ids.chunks(PAIRS) {
        let rows: Vec<(i64, Uuid, i64)> = study::Entity::find()
            .select_only()
            .columns([study::Column::Id, study::Column::Uuid, study::Column::CentreId])
            .filter(study::Column::Id.is_in(ids.iter().copied()))
            .into_tuple()
            .all(db.reader())
            .await?;
        all.extend(rows.into_iter().map(|(id, uuid, centre)| (id, (uuid, centre))));
    }
    Ok(all)
}

async fn users(db: &Db, ids: BTreeSet<i64>) -> Result<HashMap<i64, user::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = user::Entity::find().filter(user::Column::Id.is_in(ids)).all(db.reader()).await?;
    Ok(rows.into_iter().map(|user| (user.id, user)).collect())
}

const COLUMNS: &str = "id, at, face, kind, action, outcome, user_id, username, role, user_centre_id, remote, request_id, centre_id, object, \
     study_count, studies, key_id, seq, hash";

/// Adds rows, and the index by which those of a study are found.
pub(super) async fn insert(c: &impl ConnectionTrait, rows: &[Model]) -> Result<(), DbErr> {
    for rows in rows.chunks(AT_ONCE) {
        let values: Vec<Value> = rows.iter().flat_map(values).collect();
        let sql = format!("INSERT INTO audit_event ({COLUMNS}) VALUES {}", tuples(rows.len(), 19));
        c.execute_raw(Statement::from_sql_and_values(c.get_database_backend(), sql, values)).await?;
    }
    let pairs: Vec<(Uuid, Uuid)> = rows.iter().flat_map(|row| named(row).map(|study| (study, row.id))).collect();
    for pairs in pairs.chunks(PAIRS) {
        let values: Vec<Value> = pairs.iter().flat_map(|(study, event)| [(*study).into(), (*event).into()]).collect();
        let sql = format!(
            "INSERT INTO audit_study (study_uuid, event_id) VALUES {}",
            tuples(pairs.len(), 2)
        );
        c.execute_raw(Statement::from_sql_and_values(c.get_database_backend(), sql, values)).await?;
    }
    Ok(())
}

fn values(row: &Model) -> [Value; 19] {
    let row = row.clone();
    [
        row.id.into(),
        row.at.into(),
        row.face.into(),
        row.kind.into(),
        row.action.into(),
        row.outcome.into(),
        row.user_id.into(),
        row.username.into(),
        row.role.into(),
        row.user_centre_id.into(),
        row.remote.into(),
        row.request_id.into(),
        row.centre_id.into(),
        row.object.into(),
        row.study_count.into(),
        row.studies.into(),
        row.key_id.into(),
        row.seq.into(),
        row.hash.into(),
    ]
}

/// How many of the pairs of study and event that these rows name are in the index, and how many there should be.
pub(super) async fn indexed(c: &impl ConnectionTrait, rows: &[Model]) -> Result<(u64, u64)> {
    let pairs: Vec<(Uuid, Uuid)> = rows.iter().flat_map(|row| named(row).map(|study| (study, row.id))).collect();
    let mut there = 0;
    for pairs in pairs.chunks(PAIRS) {
        let values = pairs.iter().flat_map(|(study, event)| [(*study).into(), (*event).into()]).collect();
        let sql = format!(
            "SELECT count(*) FROM audit_study WHERE (study_uuid, event_id) IN (VALUES {})",
            tuples(pairs.len(), 2)
        );
        for row in crate::db::sql::query(c, &sql, values).await? {
            there += u64::try_from(row.try_get_by_index::<i64>(0)?).unwrap_or(0);
        }
    }
    Ok((there, pairs.len() as u64))
}
