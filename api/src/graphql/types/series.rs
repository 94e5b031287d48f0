//! `Series` and the pictures of it.

use super::{Date, DicomUid, ImageFormat, Instance, RenditionKind, acting, app, load, loaders};
use crate::graphql::connection::{self, Of, Total};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{InstancesOf, RenditionsOf};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::page::Page;
use domain::{rows, studies};

pub struct Series(pub rows::Series);

/// A picture of a series, at an address that ends.
#[derive(SimpleObject)]
pub struct Rendition {
    /// Path and query of the picture; needs no credentials. None when it could not be drawn.
    url: Option<String>,
    /// When the address ends.
    expires_at: Option<DateTime<Utc>>,
    /// Pixels.
    width: Option<i32>,
    /// Pixels.
    height: Option<i32>,
    /// Why there is no picture, naming the transfer syntax.
    error: Option<String>,
}

/// A series: images that belong together.
#[Object]
impl Series {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Series(self.0.uuid).into()
    }

    /// Series Instance UID (0020,000E).
    async fn series_instance_uid(&self) -> DicomUid {
        DicomUid(self.0.series_instance_uid.clone())
    }

    /// Series Number (0020,0011).
    async fn series_number(&self) -> Option<i64> {
        self.0.series_number
    }

    /// Modality (0008,0060), as DICOM spells it.
    async fn modality(&self) -> Option<&str> {
        self.0.modality.as_deref()
    }

    /// Series Description (0008,103E).
    async fn description(&self) -> Option<&str> {
        self.0.series_description.as_deref()
    }

    /// Body Part Examined (0018,0015).
    async fn body_part_examined(&self) -> Option<&str> {
        self.0.body_part_examined.as_deref()
    }

    /// Laterality (0020,0060): `R` or `L`.
    async fn laterality(&self) -> Option<&str> {
        self.0.laterality.as_deref()
    }

    /// Series Date (0008,0021); null where it is not a day of the calendar.
    async fn series_date(&self) -> Option<Date> {
        self.0.series_date.as_deref().and_then(studies::dicom_day).map(Date)
    }

    /// Station Name (0008,1010).
    async fn station_name(&self) -> Option<&str> {
        self.0.station_name.as_deref()
    }

    /// Manufacturer (0008,0070).
    async fn manufacturer(&self) -> Option<&str> {
        self.0.manufacturer.as_deref()
    }

    /// Number of files.
    async fn number_of_instances(&self) -> i32 {
        self.0.number_of_instances
    }

    /// Whether the DICOM metadata of the series is collected.
    async fn is_indexed(&self) -> bool {
        self.0.metadata_object_key.is_some()
    }

    /// A picture of the middle of the series; none before a worker has drawn it.
    async fn rendition(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which picture.")] kind: RenditionKind,
        #[graphql(desc = "How it is encoded.", default)] format: ImageFormat,
    ) -> async_graphql::Result<Option<Rendition>> {
        let kind = studies::RenditionKind::from(kind);
        let rows = load(&loaders(ctx)?.renditions, RenditionsOf(self.0.id)).await?.unwrap_or_default();
        let row = rows.into_iter().find(|row| row.kind == kind.as_str() && row.format == format.as_str());
        let Some(row) = row else { return Ok(None) };
        let url = studies::rendition_url(app(ctx)?, acting(ctx)?, &row);
        Ok(Some(Rendition {
            expires_at: url.as_ref().map(|url| url.expires_at),
            url: url.map(|url| url.path),
            width: row.width,
            height: row.height,
            error: row.error,
        }))
    }

    /// Its files, in the order of upload.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<i64, Instance>> {
        let request = connection::request(first, after, last, before)?;
        let page = load(&loaders(ctx)?.instances_of, InstancesOf(self.0.id, request))
            .await?
            .unwrap_or_else(Page::empty);
        let total = Total::Known(self.0.number_of_instances.into());
        Ok(connection::connection(page, total, |row| row.id, Instance))
    }
}
