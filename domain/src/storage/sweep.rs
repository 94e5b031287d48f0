//! The sweeper: removes objects that no row names, left by crashes, refused uploads and replaced results.

use super::{Storage, batch};
use crate::db::Db;
use crate::error::Result;
use chrono::{TimeDelta, Utc};
use entity::{staging, stored_object};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashSet;
use uuid::Uuid;

const ROUND: u64 = 100;

/// Clears every batch that nobody has touched for `silence`; answers how many.
pub async fn sweep(db: &Db, storage: &Storage, silence: TimeDelta) -> Result<u64> {
    let (mut cleared, mut failed) = (0, 0);
    loop {
        let old: Vec<Uuid> = staging::Entity::find()
            .select_only()
            .column(staging::Column::Id)
            .filter(staging::Column::TouchedAt.lt(Utc::now() - silence))
            .order_by_asc(staging::Column::TouchedAt)
            .offset(failed)
            .limit(ROUND)
            .into_tuple()
            .all(db.reader())
            .await?;
        for id in &old {
            match clear(db, storage, *id, None).await {
                Ok(()) => cleared += 1,
                // The others do not wait for it; it is tried again in the next round.
                Err(error) => {
                    tracing::warn!(%error, batch = %id, "a batch could not be swept");
                    failed += 1;
                }
            }
        }
        if (old.len() as u64) < ROUND {
            return Ok(cleared);
        }
    }
}

/// Fences the batch first, so that a slow writer cannot commit it any more, then removes what is not named. The store is not
/// asked when as many objects are named as were `begun`, where that is known.
pub(super) async fn clear(db: &Db, storage: &Storage, id: Uuid, begun: Option<usize>) -> Result<()> {
    staging::Entity::update_many()
        .col_expr(staging::Column::CommittedAt, Utc::now().into())
        .filter(staging::Column::Id.eq(id))
        .filter(staging::Column::CommittedAt.is_null())
        .exec(db.writer())
        .await?;
    let folder = batch::folder(id);
    let named: HashSet<String> = stored_object::Entity::find()
        .select_only()
        .column(stored_object::Column::Key)
        .filter(stored_object::Column::Key.gte(format!("{folder}/")))
        .filter(stored_object::Column::Key.lt(format!("{folder}0")))
        .into_tuple::<String>()
        .all(db.writer())
        .await?
        .into_iter()
        .collect();
    if begun != Some(named.len()) {
        remove_unnamed(storage, &folder, &named).await?;
    }
    staging::Entity::delete_by_id(id).exec(db.writer()).await?;
    Ok(())
}

async fn remove_unnamed(storage: &Storage, folder: &str, named: &HashSet<String>) -> Result<()> {
    if named.is_empty() {
        storage.remove_folder(folder).await?;
    }
    for path in storage.list(folder).await? {
        if !named.contains(path.as_ref()) {
            storage.delete(&path).await?;
        }
    }
    Ok(())
}
