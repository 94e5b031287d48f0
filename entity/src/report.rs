//! Table `report`: what a radiologist, or a program for one, says of a study.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    pub study_id: i64,
    /// The study's.
    pub centre_id: i64,
    pub findings: String,
    pub impression: String,
    pub report_type: Option<String>,
    /// Of the text, from 1; the same number as in `report_version`.
    pub version: i32,
    pub is_ai_generated: bool,
    pub is_verified: bool,
    pub verified_at: Option<DateTimeUtc>,
    pub verified_by_id: Option<i64>,
    /// SHA-256 of the verified text, lower-case hex.
    pub content_hash: Option<String>,
    /// What was signed with the text, `domain::reports` says of what these are made; null also for reports that were verified before
    /// signatures covered the study.
    pub study_hash: Option<String>,
    pub signed_instances: Option<i32>,
    pub seal: Option<String>,
    pub created_by_id: Option<i64>,
    /// Who wrote the present text.
    pub updated_by_id: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
