//! Table `external_output`: a file that a worker outside the server makes for the job that it holds, until the job is completed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "external_output")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub job_id: Uuid,
    /// The attempt that makes it.
    pub lease_token: i64,
    /// All outputs of an attempt are in one batch.
    pub batch_id: Uuid,
    /// Unique within the attempt; the kind of job says which names there are.
    pub name: String,
    pub content_type: String,
    /// None until it was uploaded; a later upload of the same name is another object.
    pub object_key: Option<String>,
    pub size_bytes: Option<i64>,
    pub sha256: Option<String>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
