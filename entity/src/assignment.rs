//! Table `assignment`: every time that a study got a radiologist.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub study_id: i64,
    pub radiologist_id: i64,
    /// Who had the study before.
    pub previous_id: Option<i64>,
    /// None: the server.
    pub assigned_by_id: Option<i64>,
    pub method: String,
    /// The radiologists that an automatic assignment looked at.
    pub considered: Option<Json>,
    /// When the study was given back.
    pub released_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
