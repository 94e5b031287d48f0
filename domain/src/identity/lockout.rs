//! The lockout (contract X-17): five failures in fifteen minutes lock an account, twenty an address; one counter for all faces.

use crate::db::Db;
use crate::error::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::login_failure::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::net::IpAddr;

const WINDOW: TimeDelta = TimeDelta::minutes(15);
const PER_ACCOUNT: u64 = 5;
const PER_ADDRESS: u64 = 20;

pub struct Attempt {
    account: String,
    address: String,
}

impl Attempt {
    pub fn new(name: &str, remote: Option<IpAddr>) -> Self {
        Self {
            account: name.trim().to_lowercase().chars().take(320).collect(),
            address: remote.map_or_else(String::new, |ip| ip.to_string()),
        }
    }

    /// Refuses while the account or the address is locked. Asked before the password is looked at, and again before it is
    /// accepted, because others may have failed meanwhile: guesses at the same time gain nothing.
    pub async fn check(&self, c: &impl ConnectionTrait) -> Result<()> {
        let accounts = nth_newest(c, Column::Account, &self.account, PER_ACCOUNT).await?;
        let addresses = match self.address.as_str() {
            "" => None,
            address => nth_newest(c, Column::Address, address, PER_ADDRESS).await?,
        };
        match accounts.max(addresses) {
            None => Ok(()),
            Some(oldest) => Err(Error::TooMany {
                message: "Too many login attempts. Try again later.".into(),
                retry_after: u64::try_from((oldest + WINDOW - Utc::now()).num_seconds().max(1)).unwrap_or(1),
            }),
        }
    }

    pub async fn failed(&self, db: &Db) -> Result<()> {
        let now = Utc::now();
        let row = ActiveModel {
            account: Set(self.account.clone()),
            address: Set(self.address.clone()),
            created_at: Set(now),
            ..Default::default()
        };
        Entity::insert(row).exec_without_returning(db.writer()).await?;
        Entity::delete_many().filter(Column::CreatedAt.lt(now - WINDOW)).exec(db.writer()).await?;
        Ok(())
    }

    pub async fn succeeded(&self, db: &Db) -> Result<()> {
        Entity::delete_many().filter(Column::Account.eq(&self.account)).exec(db.writer()).await?;
        Ok(())
    }
}

/// When the n-th newest failure within the window happened, if there are so many.
async fn nth_newest(c: &impl ConnectionTrait, column: Column, value: &str, n: u64) -> Result<Option<DateTime<Utc>>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::CreatedAt)
        .filter(column.eq(value))
        .filter(Column::CreatedAt.gt(Utc::now() - WINDOW))
        .order_by_desc(Column::CreatedAt)
        .offset(n - 1)
        .limit(1)
        .into_tuple()
        .one(c)
        .await?)
}
