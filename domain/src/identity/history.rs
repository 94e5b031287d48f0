//! Sessions and failed sign-ins that mean nothing any more.

use crate::db::Db;
use crate::error::Result;
use chrono::{TimeDelta, Utc};
use entity::{login_failure, refresh_token};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// A token that comes again shortly after its end is still known, and told from a made-up one.
const KEPT: TimeDelta = TimeDelta::days(1);

/// Removes expired refresh tokens and failures that count no longer; answers how many.
pub async fn trim(db: &Db) -> Result<u64> {
    let before = Utc::now() - KEPT;
    let tokens = refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::ExpiresAt.lt(before))
        .exec(db.writer())
        .await?;
    let failures = login_failure::Entity::delete_many()
        .filter(login_failure::Column::CreatedAt.lt(before))
        .exec(db.writer())
        .await?;
    Ok(tokens.rows_affected + failures.rows_affected)
}
