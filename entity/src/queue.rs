//! Table `queue`: what operators changed of a queue while Gantry runs.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "queue")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// No more jobs of the queue begin.
    pub paused: bool,
    /// Jobs that each worker process runs at the same time; none: as the process is configured.
    pub slots: Option<i32>,
    /// Jobs of one centre that run at the same time, in the whole cluster; none: no limit.
    pub centre_slots: Option<i32>,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
