//! `Instance`: one DICOM file.

use super::{DicomUid, ImageFormat, app};
use crate::graphql::ids::GlobalId;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{rows, studies};

pub struct Instance(pub rows::Instance);

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
        Ok(studies::file_url(app(ctx)?, self.0.uuid).path)
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
        if i64::from(frame) >= i64::from(self.0.number_of_frames) {
            return Ok(None);
        }
        let mut query = format!("?format={}", format.as_str());
        match (window_centre, window_width) {
            (Some(centre), Some(width)) if width >= 1.0 => query += &format!("&centre={centre}&width={width}"),
            (None, None) => {}
            _ => return Err("windowCentre and windowWidth go together; windowWidth is at least 1".into()),
        }
        Ok(Some(studies::frame_url(app(ctx)?, self.0.uuid, frame, &query).path))
    }
}
