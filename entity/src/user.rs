//! Table `user`: a person who signs in.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub username: String,
    pub email: String,
    pub full_name: String,
    /// PHC string of argon2id.
    pub password_hash: String,
    /// PACS role, or none for users of other families.
    pub role: Option<String>,
    pub centre_id: Option<i64>,
    pub is_active: bool,
    /// Part of every access token; raising it makes all earlier tokens useless.
    pub token_version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
