//! The scrub: reads stored objects again and compares them with the hash that was taken when they were written, so that a bad
//! disk or a careless hand is noticed before a radiologist needs the study.

use super::Storage;
use crate::db::Db;
use crate::error::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::stored_object::{Column, Entity, Model};
use futures::TryStreamExt;
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};

/// What a round found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scrubbed {
    pub objects: u64,
    pub bytes: u64,
    /// Changed or gone since they were written.
    pub damaged: u64,
}

/// Verifies those objects whose last look is the longest ago and further back than `age`, until `most` bytes were read.
pub async fn scrub(db: &Db, storage: &Storage, age: TimeDelta, most: u64) -> Result<Scrubbed> {
    let mut done = Scrubbed::default();
    let before = Utc::now() - age;
    while done.bytes < most {
        let Some(object) = next(db, before).await? else { break };
        let damage = damage(storage, &object).await?;
        done.objects += 1;
        done.bytes += u64::try_from(object.size_bytes).unwrap_or(0);
        if let Some(damage) = &damage {
            done.damaged += 1;
            tracing::error!(
                key = object.key,
                damage,
                "a stored object is damaged; restore it from the backup"
            );
        }
        Entity::update_many()
            .col_expr(Column::VerifiedAt, Utc::now().into())
            .col_expr(Column::Damage, damage.into())
            .filter(Column::Key.eq(&object.key))
            .exec(db.writer())
            .await?;
    }
    Ok(done)
}

async fn next(db: &Db, before: DateTime<Utc>) -> Result<Option<Model>> {
    let looked_at = || {
        Expr::expr(Func::coalesce([
            Expr::col(Column::VerifiedAt),
            Expr::col(Column::CreatedAt),
        ]))
    };
    Ok(Entity::find()
        .filter(looked_at().lt(before))
        .order_by(looked_at(), Order::Asc)
        .limit(1)
        .one(db.reader())
        .await?)
}

async fn damage(storage: &Storage, object: &Model) -> Result<Option<String>> {
    let mut bytes = match storage.stream(&object.key).await {
        Ok(bytes) => std::pin::pin!(bytes),
        Err(Error::NotFound(_)) => return Ok(Some("the object is gone".into())),
        Err(error) => return Err(error),
    };
    let (mut hash, mut size) = (Sha256::new(), 0u64);
    while let Some(chunk) = bytes.try_next().await? {
        size += chunk.len() as u64;
        hash.update(&chunk);
    }
    let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(match found == object.sha256 {
        true => None,
        false => Some(format!("SHA-256 is {found} over {size} bytes")),
    })
}
