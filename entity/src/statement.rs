//! Table `statement`: what a centre was billed in a month.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "statement")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    pub centre_id: i64,
    /// `YYYY-MM`.
    pub month: String,
    /// Whether the month was over when it was asked for last.
    pub is_final: bool,
    /// When its files were made; none: they are being made.
    pub made_at: Option<DateTimeUtc>,
    pub pdf_key: Option<String>,
    pub csv_key: Option<String>,
    pub created_by_id: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
