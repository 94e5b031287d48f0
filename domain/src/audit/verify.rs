//! Reading the chain again: whether every row is there, unchanged and in its place.

use super::chain::{Head, Keys, PENDING, head, unsealed};
use super::rows::indexed;
use crate::App;
use crate::db::Db;
use crate::error::Result;
use crate::setup;
use chrono::{TimeDelta, Utc};
use entity::audit_event::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// Rows that are held at a time.
const PAGE: u64 = 1_000;
/// A row waits for its place for about a second.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// What is wrong with a chain, at its first bad row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("row {0} is missing: it was removed")]
    Missing(i64),
    #[error("row {seq} (event {id}) does not fit: it was changed or inserted, or one before it was replaced")]
    Changed { seq: i64, id: Uuid },
    #[error(
        "row {seq} (event {id}) was sealed with the key {key}, which is not known; give the former secret with --former-secret"
    )]
    UnknownKey { seq: i64, id: Uuid, key: String },
    #[error("the index of studies lacks some of the rows {from} to {to}: entries were removed")]
    Index { from: i64, to: i64 },
    #[error("the chain ends at row {0}, before its recorded end: the rows behind it were removed")]
    Cut(i64),
    #[error("row {0} lies behind the recorded end of the chain: it was inserted")]
    Behind(i64),
    #[error("row {seq} has another hash than the head that was kept: the chain was made anew")]
    Rewritten { seq: i64 },
    #[error("event {0} has no place in the chain and was not written by this server: it was inserted or changed")]
    Foreign(Uuid),
}

/// A chain in which nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub rows: u64,
    pub head: Head,
    /// Rows that wait for their place longer than they should: no server runs, or it cannot write.
    pub late: usize,
}

/// What was found.
pub type Found = std::result::Result<Verified, Damage>;

/// Reads the chain from a row (1: the first) to its end. The hash before `from` is taken as it is. `kept` is a head that was printed
/// before, which must still be in the chain. `progress` is told how many rows were read, of how many.
/// `former` are secrets that the server had before.
pub async fn verify(
    app: &App,
    former: &[String],
    from: i64,
    kept: Option<&Head>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Found> {
    let (db, secret) = (&app.db, setup::secret(&app.config)?);
    let keys = &Keys::new(&secret, former.iter().map(String::as_str));
    let recorded = head(db.reader()).await?;
    let mut walk = Walk {
        keys,
        from,
        end: Head {
            seq: from - 1,
            hash: vec![0; 32],
        },
        kept: [Some(&recorded), kept],
    };
    if from > 1 {
        match rows(db, from - 2, 1).await?.pop().filter(|row| row.seq == Some(from - 1)) {
            Some(before) => walk.end.hash = before.hash,
            None => return Ok(Err(Damage::Missing(from - 1))),
        }
    }
    let total = u64::try_from(recorded.seq - from + 1).unwrap_or(0);
    loop {
        let page = rows(db, walk.end.seq, PAGE).await?;
        if page.is_empty() {
            break;
        }
        let first = walk.end.seq + 1;
        if let Err(damage) = walk.page(&page) {
            return Ok(Err(damage));
        }
        let (there, named) = indexed(db.reader(), &page).await?;
        if there != named {
            return Ok(Err(Damage::Index {
                from: first,
                to: walk.end.seq,
            }));
        }
        progress(u64::try_from(walk.end.seq - from + 1).unwrap_or(0), total);
    }
    finish(db, walk, recorded.seq.max(kept.map_or(0, |head| head.seq))).await
}

/// The rows behind a place.
async fn rows(db: &Db, after: i64, limit: u64) -> Result<Vec<Model>> {
    let rows = Entity::find().filter(Column::Seq.gt(after)).order_by_asc(Column::Seq).limit(limit);
    Ok(rows.all(db.reader()).await?)
}

struct Walk<'a> {
    keys: &'a Keys,
    from: i64,
    end: Head,
    /// Heads that must be passed.
    kept: [Option<&'a Head>; 2],
}

impl Walk<'_> {
    fn page(&mut self, page: &[Model]) -> std::result::Result<(), Damage> {
        for row in page {
            let seq = row.seq.unwrap_or_default();
            if seq != self.end.seq + 1 {
                return Err(Damage::Missing(self.end.seq + 1));
            }
            match self.keys.fits(&self.end.hash, row) {
                Ok(true) => {}
                Ok(false) => return Err(Damage::Changed { seq, id: row.id }),
                Err(_) => {
                    return Err(Damage::UnknownKey {
                        seq,
                        id: row.id,
                        key: row.key_id.clone(),
                    });
                }
            }
            self.end = Head {
                seq,
                hash: row.hash.clone(),
            };
            let rewritten = |head: &&Head| head.seq == seq && head.hash != row.hash;
            if self.kept.iter().flatten().any(rewritten) {
                return Err(Damage::Rewritten { seq });
            }
        }
        Ok(())
    }
}

/// What only the end shows: that nothing is missing there, and nothing lies behind it.
async fn finish(db: &Db, walk: Walk<'_>, least: i64) -> Result<Found> {
    let end = walk.end;
    if end.seq < least {
        return Ok(Err(Damage::Cut(end.seq)));
    }
    if end.seq > head(db.reader()).await?.seq {
        return Ok(Err(Damage::Behind(end.seq)));
    }
    let waiting = unsealed(db.reader(), PENDING).await?;
    if let Some(foreign) = waiting.iter().find(|row| !walk.keys.is_own(row)) {
        return Ok(Err(Damage::Foreign(foreign.id)));
    }
    let long_ago = Utc::now() - LATE;
    Ok(Ok(Verified {
        rows: u64::try_from(end.seq - walk.from + 1).unwrap_or(0),
        late: waiting.iter().filter(|row| row.at < long_ago).count(),
        head: end,
    }))
}
