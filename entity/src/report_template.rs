//! Table `report_template`: texts that reports begin with.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report_template")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    /// For studies of this modality; none: of any.
    pub modality: Option<String>,
    /// Body Part Examined (0018,0015) in upper case; none: any.
    pub body_part: Option<String>,
    pub report_type: Option<String>,
    pub findings: String,
    pub impression: String,
    /// For studies of this centre; none: of all.
    pub centre_id: Option<i64>,
    /// For this radiologist; none: for all.
    pub owner_id: Option<i64>,
    pub is_active: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
