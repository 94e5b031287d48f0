//! Table `critical_finding`: what somebody at the centre must be told at once, and who heard it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "critical_finding")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    pub study_id: i64,
    /// The study's.
    pub centre_id: i64,
    pub report_id: Option<i64>,
    pub text: String,
    pub severity: String,
    pub flagged_by_id: Option<i64>,
    pub flagged_at: DateTimeUtc,
    pub acknowledged_by_id: Option<i64>,
    pub acknowledged_at: Option<DateTimeUtc>,
    /// What was done, by whoever acknowledged.
    pub note: Option<String>,
    pub withdrawn_by_id: Option<i64>,
    pub withdrawn_at: Option<DateTimeUtc>,
    pub withdrawal_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
