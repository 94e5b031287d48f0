//! Table `transcoding`: an instance in another transfer syntax; the original stays.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "transcoding")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub instance_id: i64,
    pub transfer_syntax_uid: String,
    /// Differs from the original's for lossy results (PS3.3 C.7.6.1.1.5).
    pub sop_instance_uid: String,
    pub object_key: String,
    pub lossy_ratio: Option<f64>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
