//! Table `analysis`: what a model said last of a series.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "analysis")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    pub study_id: i64,
    pub series_id: i64,
    pub model: String,
    pub model_version: String,
    /// SHA-256 of the model's weights, where it has any.
    pub weights_hash: Option<String>,
    /// SHA-256 over the hashes of the files that were analysed.
    pub input_hash: String,
    /// As the model gave them; none when the series was not analysed.
    pub results: Option<Json>,
    /// Why the series was not analysed.
    pub error: Option<String>,
    /// The object that holds the picture of the segmentation.
    pub overlay_key: Option<String>,
    /// What its colours stand for.
    pub overlay_legend: Option<Json>,
    /// SOP Instance UIDs of the objects that were stored in the study.
    pub segmentation_uid: Option<String>,
    pub report_uid: Option<String>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
