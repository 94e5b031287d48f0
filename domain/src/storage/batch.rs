//! A batch of objects that become known together: written first, then named by rows in one transaction.
//!
//! Invariant: the row in `staging` exists before the first object does, so that whatever a crash leaves behind is found by the
//! sweeper; objects without a row in `stored_object` belong to nobody.

use super::writer::{ObjectWriter, Written};
use super::{Storage, sweep};
use crate::db::Db;
use crate::error::{Error, Result};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use entity::{staging, stored_object};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

pub struct Batch {
    id: Uuid,
    db: Db,
    storage: Storage,
    /// Keeps the keys of one opening apart from those of another, perhaps in another process.
    part: String,
    next: AtomicU32,
}

/// An object of a batch.
#[derive(Debug, Clone)]
pub struct StoredFile {
    pub key: String,
    pub size_bytes: u64,
    pub sha256: String,
    pub content_type: &'static str,
}

/// Rows of one INSERT; SQLite and PostgreSQL bound the number of parameters.
const ROWS: usize = 500;

impl Batch {
    pub async fn open(db: &Db, storage: &Storage) -> Result<Self> {
        let id = Uuid::new_v4();
        announce(db.writer(), id, Utc::now()).await?;
        Ok(Self {
            id,
            db: db.clone(),
            storage: storage.clone(),
            part: String::new(),
            next: AtomicU32::new(0),
        })
    }

    /// Goes on with a batch that `announce` or `open` began, perhaps in another process. Whether it is still there, `touch` tells.
    pub fn resume(db: &Db, storage: &Storage, id: Uuid) -> Self {
        Self {
            id,
            db: db.clone(),
            storage: storage.clone(),
            part: format!("{}-", Uuid::new_v4().simple()),
            next: AtomicU32::new(0),
        }
    }

    fn next_key(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{}/{}{number}", folder(self.id), self.part)
    }

    /// Starts a new object; `finished` makes it a file of the batch.
    pub fn writer(&self) -> (String, ObjectWriter) {
        let key = self.next_key();
        let writer = ObjectWriter::new(self.storage.clone(), &key);
        (key, writer)
    }

    pub fn finished(key: String, written: Written, content_type: &'static str) -> StoredFile {
        StoredFile {
            key,
            size_bytes: written.size_bytes,
            sha256: written.sha256,
            content_type,
        }
    }

    pub async fn put(&self, bytes: Bytes, content_type: &'static str) -> Result<StoredFile> {
        let (key, mut writer) = self.writer();
        writer.write(bytes).await?;
        Ok(Self::finished(key, writer.finish().await?, content_type))
    }

    /// Says that the batch is alive; long uploads call it between files.
    pub async fn touch(&self) -> Result<()> {
        keep_alive(self.db.writer(), self.id, Utc::now()).await
    }

    /// In the caller's transaction: the files that are kept become known. Fails when the sweeper was faster.
    pub async fn commit(&self, tx: &impl ConnectionTrait, keep: &[StoredFile]) -> Result<()> {
        let claimed = staging::Entity::update_many()
            .col_expr(staging::Column::CommittedAt, Utc::now().into())
            .filter(staging::Column::Id.eq(self.id))
            .filter(staging::Column::CommittedAt.is_null())
            .exec(tx)
            .await?;
        if claimed.rows_affected != 1 {
            return Err(given_up());
        }
        let now = Utc::now();
        for files in keep.chunks(ROWS) {
            let rows = files.iter().map(|file| stored_object::ActiveModel {
                key: Set(file.key.clone()),
                size_bytes: Set(i64::try_from(file.size_bytes).unwrap_or(i64::MAX)),
                sha256: Set(file.sha256.clone()),
                content_type: Set(file.content_type.into()),
                created_at: Set(now),
                ..Default::default()
            });
            stored_object::Entity::insert_many(rows).exec_without_returning(tx).await?;
        }
        Ok(())
    }

    /// After the commit, or instead of it: removes the objects that nobody names and the batch's own row.
    pub async fn close(self) -> Result<()> {
        let begun = self.next.into_inner() as usize;
        let all = self.part.is_empty().then_some(begun);
        sweep::clear(&self.db, &self.storage, self.id, all).await
    }
}

/// The sweeper counts a batch's silence from then on. Fails when it was faster.
pub async fn keep_alive(c: &impl ConnectionTrait, id: Uuid, until: DateTime<Utc>) -> Result<()> {
    let touched = staging::Entity::update_many()
        .col_expr(staging::Column::TouchedAt, until.into())
        .filter(staging::Column::Id.eq(id))
        .exec(c)
        .await?;
    match touched.rows_affected {
        1 => Ok(()),
        _ => Err(given_up()),
    }
}

/// In the caller's transaction: a new batch, which counts as alive until `alive`; `resume` goes on with it.
pub async fn announce(c: &impl ConnectionTrait, id: Uuid, alive: DateTime<Utc>) -> Result<()> {
    let row = staging::ActiveModel {
        id: Set(id),
        committed_at: Set(None),
        touched_at: Set(alive),
        created_at: Set(Utc::now()),
    };
    staging::Entity::insert(row).exec_without_returning(c).await?;
    Ok(())
}

/// In the caller's transaction: objects that are replaced are forgotten, and their batches are looked through again.
pub async fn release(tx: &impl ConnectionTrait, keys: &[String]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    for keys in keys.chunks(ROWS) {
        stored_object::Entity::delete_many().filter(stored_object::Column::Key.is_in(keys)).exec(tx).await?;
    }
    let now = Utc::now();
    let mut batches: Vec<Uuid> = keys.iter().filter_map(|key| batch_of(key)).collect();
    batches.sort_unstable();
    batches.dedup();
    for ids in batches.chunks(ROWS) {
        let rows = ids.iter().map(|id| staging::ActiveModel {
            id: Set(*id),
            committed_at: Set(Some(now)),
            touched_at: Set(now),
            created_at: Set(now),
        });
        staging::Entity::insert_many(rows)
            .on_conflict(OnConflict::column(staging::Column::Id).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

fn given_up() -> Error {
    Error::Unavailable("The upload took too long and was given up; send it again".into())
}

/// Folders of at most 256 neighbours keep local file systems quick.
pub(super) fn folder(batch: Uuid) -> String {
    let text = batch.to_string();
    format!("batches/{}/{text}", &text[..2])
}

fn batch_of(key: &str) -> Option<Uuid> {
    key.split('/').nth(2).and_then(|text| Uuid::parse_str(text).ok())
}
