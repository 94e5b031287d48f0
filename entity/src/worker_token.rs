//! Table `worker_token`: what lets a worker outside the server claim jobs.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "worker_token")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique among the tokens that were not revoked; part of the worker's name in the rows of its jobs.
    pub name: String,
    /// Of the token, lower-case hex; the token itself is not kept.
    pub sha256: String,
    /// Kinds of jobs that it may claim, a list of words.
    pub kinds: Json,
    /// Only jobs of this centre.
    pub centre_id: Option<i64>,
    pub created_by_id: Option<i64>,
    pub created_at: DateTimeUtc,
    pub expires_at: Option<DateTimeUtc>,
    /// Written at most once a minute.
    pub last_used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
