//! The chain: each row has a place without gaps, and a keyed hash over itself and the hash before it (the construction of RFC 2104 over that
//! of Schneier and Kelsey, "Secure audit logs to support computer forensics", 1999). Whoever changes, removes or inserts a row without
//! the server's secret breaks it.
//!
//! Invariants: whoever links rows holds the row of `audit_head`, so that the chain has one end, whichever process writes. A change's record
//! lies in the transaction of the change and must not make others wait for it; so it goes in without a place, under a hash of its own
//! that says it is the server's, and is linked within about a second. Everything else is linked when it is written.

use super::rows::insert;
use crate::db::sql::{execute, query};
use crate::db::{Db, Transaction};
use crate::error::{Error, Result};
use entity::audit_event::{Column, Entity, Model};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Value};
use sha2::{Digest, Sha256};
use std::str::FromStr;
use std::sync::Arc;

/// Rows that are linked in one transaction after they were written.
pub(super) const PENDING: u64 = 500;

/// What the chain is sealed with: derived from the server's secret, and from former ones to verify what they sealed.
#[derive(Clone)]
pub struct Keys(Arc<Vec<Key>>);

struct Key {
    /// Says which key it was and nothing of it.
    id: String,
    mac: Hmac<Sha256>,
}

impl Keys {
    pub fn new<'a>(secret: &'a str, former: impl IntoIterator<Item = &'a str>) -> Self {
        Self(Arc::new(
            std::iter::once(secret).chain(former).filter_map(key).collect(),
        ))
    }

    fn current(&self) -> Result<&Key> {
        self.0
            .first()
            .ok_or_else(|| Error::internal(anyhow::anyhow!("there is no key for the audit trail")))
    }

    fn named(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }

    /// Says of a row that has no place yet that it is the server's.
    pub(super) fn sign(&self, row: &mut Model) -> Result<()> {
        let key = self.current()?;
        row.key_id.clone_from(&key.id);
        row.hash = hash(key, None, row);
        Ok(())
    }

    /// Whether a row without a place is the server's.
    pub(super) fn is_own(&self, row: &Model) -> bool {
        self.named(&row.key_id).is_some_and(|key| hash(key, None, row) == row.hash)
    }

    /// Whether a row with a place fits behind this hash; an error when it was sealed with a key that is not known.
    pub(super) fn fits(&self, before: &[u8], row: &Model) -> std::result::Result<bool, UnknownKey> {
        let key = self.named(&row.key_id).ok_or(UnknownKey)?;
        let seq = row.seq.unwrap_or_default();
        Ok(hash(key, Some((seq, before)), row) == row.hash)
    }
}

pub(super) struct UnknownKey;

fn key(secret: &str) -> Option<Key> {
    let mut derive = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    derive.update(b"audit chain");
    let bytes = derive.finalize().into_bytes();
    Some(Key {
        id: hex(&Sha256::digest(bytes)[..6]),
        mac: Hmac::new_from_slice(&bytes).ok()?,
    })
}

/// Over every field of a row: each with its length, so that no two rows give the same bytes; and its place and the hash before it, if it has
/// a place.
fn hash(key: &Key, place: Option<(i64, &[u8])>, row: &Model) -> Vec<u8> {
    let mut mac = key.mac.clone();
    let mut field = |bytes: Option<&[u8]>| match bytes {
        None => mac.update(&[0]),
        Some(bytes) => {
            mac.update(&[1]);
            mac.update(&(bytes.len() as u64).to_be_bytes());
            mac.update(bytes);
        }
    };
    field(place.map(|(_, before)| before));
    field(place.map(|(seq, _)| seq.to_be_bytes()).as_ref().map(<[u8; 8]>::as_slice));
    field(Some(row.id.as_bytes()));
    field(Some(&row.at.timestamp_micros().to_be_bytes()));
    let texts = [&row.face, &row.kind, &row.action, &row.request_id];
    texts.into_iter().for_each(|text| field(Some(text.as_bytes())));
    let texts = [&row.username, &row.role, &row.remote, &row.object];
    texts.into_iter().for_each(|text| field(text.as_deref().map(str::as_bytes)));
    for number in [row.user_id, row.user_centre_id, row.centre_id] {
        field(number.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }
    field(Some(&row.outcome.to_be_bytes()));
    field(Some(&row.study_count.to_be_bytes()));
    field(Some(&row.studies));
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The end of the chain, as `gantry audit head` prints it and `gantry audit verify --head` takes it: `place:hash`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Of the last row; 0 before the first.
    pub seq: i64,
    /// SHA-256, 32 bytes.
    pub hash: Vec<u8>,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, hex(&self.hash))
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong =
            || "a head is a number, a colon and 64 hexadecimal digits, as `gantry audit head` prints it".to_owned();
        let (seq, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        if hash.len() != 64 || !hash.is_ascii() {
            return Err(wrong());
        }
        let byte = |n: usize| u8::from_str_radix(&hash[2 * n..2 * n + 2], 16).map_err(|_| wrong());
        Ok(Self {
            seq: seq.parse().map_err(|_| wrong())?,
            hash: (0..32).map(byte).collect::<std::result::Result<_, _>>()?,
        })
    }
}

/// The end of the chain now.
pub async fn head(c: &impl ConnectionTrait) -> Result<Head> {
    read_head(c, "SELECT seq, hash FROM audit_head WHERE id = 1").await
}

async fn read_head(c: &impl ConnectionTrait, sql: &str) -> Result<Head> {
    let rows = query(c, sql, vec![]).await?;
    let row = rows
        .first()
        .ok_or_else(|| Error::internal(anyhow::anyhow!("the head of the audit trail is gone")))?;
    Ok(Head {
        seq: row.try_get_by_index(0)?,
        hash: row.try_get_by_index(1)?,
    })
}

impl Head {
    /// Links a row behind this end.
    fn link(&mut self, keys: &Keys, row: &mut Model) -> Result<()> {
        let key = keys.current()?;
        self.seq += 1;
        row.hash = hash(key, Some((self.seq, &self.hash)), row);
        row.key_id.clone_from(&key.id);
        row.seq = Some(self.seq);
        self.hash.clone_from(&row.hash);
        Ok(())
    }
}

/// What became of rows that were to be linked.
#[derive(Debug, Default)]
pub(super) struct Linked {
    /// There may be more that wait.
    pub more: bool,
    /// Rows without a place that the server did not write.
    pub foreign: usize,
}

/// Writes rows at the end of the chain, after those that wait for their place. `again`: they may have been written before.
pub(super) async fn append(db: &Db, keys: &Keys, rows: &mut [Model], again: bool) -> Result<Linked> {
    if rows.is_empty() && unsealed(db.reader(), 1).await?.is_empty() {
        return Ok(Linked::default());
    }
    let tx = db.begin().await?;
    let mut end = read_head(&tx, "SELECT seq, hash FROM audit_head WHERE id = 1 {lock}").await?;
    if again && was_written(&tx, rows).await? {
        return Ok(Linked::default());
    }
    let before = end.seq;
    let waiting = unsealed(&tx, PENDING).await?;
    let found = waiting.len();
    let mut own: Vec<Model> = waiting.into_iter().filter(|row| keys.is_own(row)).collect();
    for row in own.iter_mut().chain(rows.iter_mut()) {
        end.link(keys, row)?;
    }
    seal(&tx, &own).await?;
    insert(&tx, rows).await?;
    if end.seq > before {
        let values = vec![end.seq.into(), end.hash.into()];
        execute(&tx, "UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1", values).await?;
    }
    tx.commit().await?;
    Ok(Linked {
        more: found as u64 == PENDING && !own.is_empty(),
        foreign: found - own.len(),
    })
}

/// The oldest rows without a place.
pub(super) async fn unsealed(c: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>> {
    let rows = Entity::find().filter(Column::Seq.is_null()).order_by_asc(Column::Id).limit(limit);
    Ok(rows.all(c).await?)
}

async fn was_written(tx: &Transaction, rows: &[Model]) -> Result<bool> {
    match rows.first() {
        None => Ok(false),
        Some(row) => Ok(Entity::find_by_id(row.id).count(tx).await? > 0),
    }
}

/// Gives rows that lie there already their places.
async fn seal(tx: &Transaction, rows: &[Model]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let values: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            let row = row.clone();
            [row.id.into(), row.seq.into(), row.key_id.into(), row.hash.into()]
        })
        .collect();
    let sql = format!(
        "UPDATE audit_event SET seq = sealed.column2, key_id = sealed.column3, hash = sealed.column4
         FROM (VALUES {}) AS sealed WHERE audit_event.id = sealed.column1",
        crate::db::sql::tuples(rows.len(), 4)
    );
    execute(tx, &sql, values).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::kinds::{AuditKind, Face};
    use crate::audit::rows::{About, row};
    use crate::audit::trail::Who;
    use chrono::Utc;

    fn one() -> Model {
        let who = Who {
            face: Face::Rest,
            user_id: Some(1),
            username: Some("ab".into()),
            role: Some("c"),
            centre_id: None,
            remote: None,
            request_id: "r".into(),
        };
        row(&who, AuditKind::Login, Utc::now(), About::default())
    }

    #[test]
    fn every_field_and_the_key_count() {
        let keys = Keys::new("a secret", []);
        let mut row = one();
        keys.sign(&mut row).unwrap();
        assert!(keys.is_own(&row));
        assert!(!Keys::new("another", []).is_own(&row));
        assert!(Keys::new("another", ["a secret"]).is_own(&row));
        let changes: [fn(&mut Model); 8] = [
            |row| row.user_id = Some(2),
            |row| row.outcome = 4,
            |row| row.remote = Some(String::new()),
            |row| row.at += chrono::TimeDelta::microseconds(1),
            |row| row.studies = vec![0; 16],
            |row| row.centre_id = Some(1),
            // What one field loses another gets.
            |row| (row.username, row.role) = (Some("a".into()), Some("bc".into())),
            |row| (row.face, row.kind) = ("restLOGIN".into(), String::new()),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut changed = row.clone();
            change(&mut changed);
            assert!(!keys.is_own(&changed), "change {n}");
        }
    }

    #[test]
    fn a_head_survives_the_way_out_and_back() {
        let head = Head {
            seq: 7,
            hash: (0..32).collect(),
        };
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in ["", "7", "7:00", "x:00", &format!("7:{}", "é".repeat(32))] {
            assert!(wrong.parse::<Head>().is_err(), "{wrong}");
        }
    }
}
