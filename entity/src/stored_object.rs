//! Table `stored_object`: the one truth of what is in the object store.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_object")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub content_type: String,
    pub created_at: DateTimeUtc,
    /// When its bytes were last compared with its hash.
    pub verified_at: Option<DateTimeUtc>,
    /// What the scrub found wrong with it.
    pub damage: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
