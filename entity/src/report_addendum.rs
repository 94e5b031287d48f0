//! Table `report_addendum`: what was added to a verified report; rows are only ever added.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report_addendum")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub report_id: i64,
    /// From 1.
    pub number: i32,
    pub text: String,
    pub signed_by_id: Option<i64>,
    pub signed_at: DateTimeUtc,
    /// Hashes in lower-case hex; `domain::reports` says of what.
    pub text_hash: String,
    pub study_hash: String,
    pub signed_instances: i32,
    pub seal: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
