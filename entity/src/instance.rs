//! Table `instance`: a SOP instance, its file and where its frames lie in it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "instance")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    pub study_id: i64,
    pub series_id: i64,
    pub sop_instance_uid: String,
    pub sop_class_uid: Option<String>,
    pub transfer_syntax_uid: String,
    pub instance_number: Option<i64>,
    /// Place in the order of upload within the study, from 0.
    pub ordinal: i32,
    pub rows: Option<i32>,
    pub columns: Option<i32>,
    pub bits_allocated: Option<i32>,
    pub bits_stored: Option<i32>,
    pub samples_per_pixel: Option<i32>,
    pub photometric_interpretation: Option<String>,
    /// 0 when the instance has no pixels.
    pub number_of_frames: i32,
    pub content_date: Option<String>,
    pub content_time: Option<String>,
    /// Distance in mm along the normal of the image plane (PS3.3 C.7.6.2.1.1).
    pub slice_position: Option<f64>,
    pub object_key: String,
    pub size_bytes: i64,
    pub sha256: String,
    /// Bytes before the pixel data element.
    pub header_end: i64,
    /// The data set is deflated: frames are found in the inflated bytes.
    pub deflated: bool,
    /// Byte ranges of the frames, `domain::studies::frames` has the form.
    pub frame_ranges: Vec<u8>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::study::Entity",
        from = "Column::StudyId",
        to = "super::study::Column::Id"
    )]
    Study,
}

impl Related<super::study::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Study.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
