//! Table `price`: what reading a study of one modality costs a centre, or earns a radiologist.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "price")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Exactly one of this and `radiologist_id`.
    pub centre_id: Option<i64>,
    pub radiologist_id: Option<i64>,
    pub modality: String,
    /// Hundredths of the currency's unit.
    pub amount_minor: i64,
    /// `usd`, `inr` or `aed`.
    pub currency: String,
    pub created_by_id: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
