//! Table `job`: one piece of work for a worker, its attempts and its end.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// UUID version 7: ids are in the order of creation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub queue: String,
    pub payload: Json,
    /// At most one unfinished job of a kind has this key.
    pub unique_key: Option<String>,
    /// The job was asked for again while it ran, and runs once more when it ends.
    pub rerun: bool,
    pub state: String,
    /// Higher runs earlier.
    pub priority: i32,
    pub run_at: DateTimeUtc,
    /// Attempts started, the lost ones included.
    pub attempt: i32,
    pub max_attempts: i32,
    /// Attempts that ended because their worker vanished.
    pub lost_leases: i32,
    /// Times in a row that the job was put off because something it needs was out of order.
    pub deferrals: i32,
    /// Fencing number of the latest attempt.
    pub lease_token: i64,
    pub lease_until: Option<DateTimeUtc>,
    pub worker: Option<String>,
    /// From 0 to 1, of the latest attempt.
    pub progress: f64,
    pub last_error: Option<String>,
    pub cancel_requested: bool,
    pub centre_id: Option<i64>,
    pub study_id: Option<i64>,
    pub created_by_id: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub finished_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
