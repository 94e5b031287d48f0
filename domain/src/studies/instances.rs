//! Instances as lists show them, and what their files say besides.

use super::frames;
use super::list::only_centre;
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Lists, Page, PageRequest};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use entity::instance::{Column, Entity};
use entity::study;
use futures::{StreamExt, TryStreamExt, stream};
use imaging::dataset::Tag;
use imaging::file::DicomFile;
use imaging::guard::Limits;
use imaging::json::Json;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, IntoSimpleExpr, Order, QueryFilter, QuerySelect, QueryTrait};
use std::collections::HashMap;
use uuid::Uuid;

/// An instance without the places of its frames, which a list never needs and which are long.
#[derive(Debug, Clone, FromQueryResult)]
pub struct InstanceSummary {
    pub id: i64,
    pub uuid: Uuid,
    pub study_id: i64,
    pub series_id: i64,
    pub sop_instance_uid: String,
    pub sop_class_uid: Option<String>,
    pub transfer_syntax_uid: String,
    pub instance_number: Option<i64>,
    pub rows: Option<i32>,
    pub columns: Option<i32>,
    pub bits_allocated: Option<i32>,
    pub bits_stored: Option<i32>,
    pub samples_per_pixel: Option<i32>,
    pub photometric_interpretation: Option<String>,
    pub number_of_frames: i32,
    pub slice_position: Option<f64>,
    pub object_key: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub header_end: i64,
    pub deflated: bool,
    pub created_at: DateTime<Utc>,
}

const COLUMNS: [Column; 22] = [
    Column::Id,
    Column::Uuid,
    Column::StudyId,
    Column::SeriesId,
    Column::SopInstanceUid,
    Column::SopClassUid,
    Column::TransferSyntaxUid,
    Column::InstanceNumber,
    Column::Rows,
    Column::Columns,
    Column::BitsAllocated,
    Column::BitsStored,
    Column::SamplesPerPixel,
    Column::PhotometricInterpretation,
    Column::NumberOfFrames,
    Column::SlicePosition,
    Column::ObjectKey,
    Column::SizeBytes,
    Column::Sha256,
    Column::HeaderEnd,
    Column::Deflated,
    Column::CreatedAt,
];

/// For a DataLoader: a page of the instances of each of the series, which the caller has been given already, in order of upload.
pub async fn instances_by_series(
    app: &App,
    series_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<InstanceSummary>>> {
    let lists = Lists {
        rows: Entity::find().filter(Column::SeriesId.is_in(series_ids.iter().copied())),
        id: Column::Id,
        parent: Column::SeriesId,
        keys: vec![Column::Id.into_simple_expr()],
        order: Order::Asc,
    };
    lists
        .pages(app.db.reader(), COLUMNS, request, |instance: &InstanceSummary| {
            instance.series_id
        })
        .await
}

/// For a DataLoader: those of the instances that the caller may see.
pub async fn instances_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<InstanceSummary>> {
    let found = Column::Uuid.is_in(uuids.iter().copied());
    let query = Entity::find().select_only().columns(COLUMNS).filter(found);
    let query = query.apply_if(only_centre(ctx)?, |query, centre| {
        query.inner_join(study::Entity).filter(study::Column::CentreId.eq(centre))
    });
    let found: Vec<InstanceSummary> = query.into_model().all(app.db.reader()).await?;
    ctx.saw(AuditKind::StudyRead, found.iter().map(|instance| instance.study_id));
    Ok(found)
}

/// Headers of one caller that are read at the same time.
const AT_ONCE: usize = 4;
/// Bytes of a header that are read for somebody who waits.
const HEADER: u64 = 32 << 20;
/// Longer binary values are told by where they are.
const INLINE_LIMIT: usize = 1024;

/// Attributes of a file in the DICOM JSON model (PS3.18 annex F), by their tags; without those that the file does not have.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

/// For a DataLoader: wanted attributes of the files of instances that the caller has been given already. Only the part of a file
/// before its pixels is read. Answered in the order in which they were asked for.
pub async fn attributes_by_instance(app: &App, wanted: Vec<(InstanceSummary, Vec<Tag>)>) -> Result<Vec<Attributes>> {
    stream::iter(wanted)
        .map(|(instance, tags)| async move {
            let slot = frames::slot().await?;
            let header = header(app, &instance).await?;
            let read = move || {
                let attributes = attributes(&header, instance.deflated, &tags);
                drop(slot);
                attributes
            };
            tokio::task::spawn_blocking(read).await.map_err(Error::internal)?
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

/// The bytes before the pixel data; of a deflated file all that is stored.
async fn header(app: &App, instance: &InstanceSummary) -> Result<Bytes> {
    let bytes = if instance.deflated {
        instance.size_bytes
    } else {
        instance.header_end
    };
    let end = u64::try_from(bytes).unwrap_or(0);
    if end > HEADER {
        return Err(Error::TooLarge(format!(
            "The attributes of the file are larger than {HEADER} bytes; fetch the file"
        )));
    }
    app.storage.get_range(&instance.object_key, 0..end).await
}

fn attributes(header: &[u8], deflated: bool, tags: &[Tag]) -> Result<Attributes> {
    let limits = Limits::default();
    let file = match deflated {
        true => DicomFile::read(header, &limits),
        false => DicomFile::read_header(header, &limits),
    }
    .map_err(Error::internal)?;
    let form = Json {
        bulk_prefix: "bulkdata",
        inline_limit: INLINE_LIMIT,
    };
    let wanted = file.dataset.only(tags);
    serde_json::from_slice(&form.to_vec(&wanted)).map_err(Error::internal)
}
