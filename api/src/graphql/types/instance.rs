//! `Instance`: one DICOM file.

use super::attribute::{Attribute, tags};
use super::frame::frame_url;
use super::{DicomUid, Frame, ImageFormat, acting, app, load, loaders};
use crate::graphql::connection::{self, Of, Total};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::AttributesOf;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{rows, studies};

pub struct Instance(pub rows::InstanceSummary);

/// A SOP instance: one DICOM file.
#[Object]
impl Instance {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::Instance(self.0.uuid).into()
    }

    /// SOP Instance UID (0008,0018).
    async fn sop_instance_uid(&self) -> DicomUid {
        DicomUid(self.0.sop_instance_uid.clone())
    }

    /// SOP Class UID (0008,0016).
    async fn sop_class_uid(&self) -> Option<DicomUid> {
        self.0.sop_class_uid.clone().map(DicomUid)
    }

    /// Transfer Syntax UID (0002,0010) of the file as it was uploaded.
    async fn transfer_syntax_uid(&self) -> DicomUid {
        DicomUid(self.0.transfer_syntax_uid.clone())
    }

    /// Instance Number (0020,0013).
    async fn instance_number(&self) -> Option<i64> {
        self.0.instance_number
    }

    /// Rows (0028,0010).
    async fn rows(&self) -> Option<i32> {
        self.0.rows
    }

    /// Columns (0028,0011).
    async fn columns(&self) -> Option<i32> {
        self.0.columns
    }

    /// Number of Frames; 0 when the instance has no pixels.
    async fn number_of_frames(&self) -> i32 {
        self.0.number_of_frames
    }

    /// Bits Allocated (0028,0100).
    async fn bits_allocated(&self) -> Option<i32> {
        self.0.bits_allocated
    }

    /// Bits Stored (0028,0101).
    async fn bits_stored(&self) -> Option<i32> {
        self.0.bits_stored
    }

    /// Samples per Pixel (0028,0002).
    async fn samples_per_pixel(&self) -> Option<i32> {
        self.0.samples_per_pixel
    }

    /// Photometric Interpretation (0028,0004).
    async fn photometric_interpretation(&self) -> Option<&str> {
        self.0.photometric_interpretation.as_deref()
    }

    /// Millimetres along the normal of the image plane (PS3.3 C.7.6.2.1.1).
    async fn slice_position(&self) -> Option<f64> {
        self.0.slice_position
    }

    /// Size of the file in bytes.
    async fn size_bytes(&self) -> i64 {
        self.0.size_bytes
    }

    /// SHA-256 of the file, hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// When it was uploaded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Path and query of the file as it was uploaded; needs no credentials and ends. Ranges of it can be fetched.
    async fn file_url(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(studies::file_url(app(ctx)?, acting(ctx)?, self.0.uuid).path)
    }

    /// Path and query of the picture of one frame, drawn when it is fetched; needs no credentials and ends.
    /// None when there is no such frame.
    async fn frame_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of the frame, from 0.", default)] frame: u32,
        #[graphql(desc = "How it is encoded.", default)] format: ImageFormat,
        #[graphql(
            desc = "Centre of the window, in units after the modality LUT (for CT: Hounsfield); with windowWidth."
        )]
        window_centre: Option<f64>,
        #[graphql(desc = "Width of the window; with windowCentre. Without both the file's window is used.")]
        window_width: Option<f64>,
    ) -> async_graphql::Result<Option<String>> {
        match i64::from(frame) < i64::from(self.0.number_of_frames) {
            true => frame_url(ctx, self.0.uuid, frame, format, window_centre, window_width).map(Some),
            false => Ok(None),
        }
    }

    /// Its frames, in their order.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn frames(
        &self,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<u32, Frame>> {
        let request = connection::request(first, after, last, before)?;
        let frames = u32::try_from(self.0.number_of_frames).unwrap_or(0);
        let page = request.of_numbers(frames);
        let frame = |number| Frame {
            instance: self.0.uuid,
            number,
        };
        Ok(connection::connection(
            page,
            Total::Known(frames.into()),
            |number| *number,
            frame,
        ))
    }

    /// Attributes of the file, read from it when they are asked for; those that it does not have are left out.
    #[graphql(complexity = "10 + keywords.len() * child_complexity")]
    async fn tags(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Keywords (PS3.6) such as `SliceThickness`, or tags such as `00180050`; at most 64.",
            validator(max_items = 64)
        )]
        keywords: Vec<String>,
    ) -> async_graphql::Result<Vec<Attribute>> {
        let tags = tags(&keywords)?;
        let read = load(&loaders(ctx)?.attributes, AttributesOf(self.0.clone(), tags.clone())).await?;
        let read = read.unwrap_or_default();
        Ok(tags.into_iter().filter_map(|tag| Attribute::of(tag, &read)).collect())
    }
}
