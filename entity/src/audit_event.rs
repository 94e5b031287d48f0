//! Table `audit_event`: who saw or changed what, when and from where. Rows are only ever added; see `domain::audit`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// Version 7, made of `at`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: DateTimeUtc,
    /// By which door: `graphql`, `rest`, `media`, `workers`, `cli`, `server`.
    pub face: String,
    pub kind: String,
    /// EventActionCode of PS3.15 A.5.1: C, R, U, D or E.
    pub action: String,
    /// EventOutcomeIndicator of PS3.15 A.5.1: 0 or 4.
    pub outcome: i32,
    pub user_id: Option<i64>,
    /// As it was then; of a worker outside, the name of its token.
    pub username: Option<String>,
    pub role: Option<String>,
    pub user_centre_id: Option<i64>,
    pub remote: Option<String>,
    pub request_id: String,
    /// Of the studies.
    pub centre_id: Option<i64>,
    /// What besides studies it is about, by its kind and opaque id.
    pub object: Option<String>,
    /// How many studies it is about, those included that are not named.
    pub study_count: i32,
    /// The UUIDs of those that are named, 16 bytes each.
    pub studies: Vec<u8>,
    /// By which key the row was sealed.
    pub key_id: String,
    /// Its place in the chain; none until it is sealed.
    pub seq: Option<i64>,
    pub hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "super::audit_study::Entity")]
    AuditStudy,
}

impl Related<super::audit_study::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::AuditStudy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
