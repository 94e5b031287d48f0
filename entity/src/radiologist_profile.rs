//! Table `radiologist_profile`: what a radiologist reads, when, and how much at a time.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "radiologist_profile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// Words of `study.modality`.
    pub modalities: Json,
    pub is_available: bool,
    /// When `is_available` ends by itself.
    pub available_until: Option<DateTimeUtc>,
    pub hours: Json,
    /// A name of the IANA time zone database.
    pub time_zone: String,
    pub max_open_studies: i32,
    pub last_assigned_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
