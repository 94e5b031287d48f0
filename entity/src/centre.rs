//! Table `centre`: a diagnostic centre, the tenant of every study.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "centre")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub address: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub is_active: bool,
    /// Whether verifying a report bills its study.
    pub auto_billing: bool,
    /// Whether software analyses what is uploaded.
    pub auto_analyze: bool,
    /// Minutes from upload to verification, for each urgency; none: the server's.
    pub target_emergency: Option<i32>,
    pub target_urgent: Option<i32>,
    pub target_priority: Option<i32>,
    pub target_routine: Option<i32>,
    /// Its studies are given to radiologists by the server.
    pub auto_assign: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
