//! `ReportKeyImage`: a frame that is shown with a report.

use super::frame::frame_url;
use super::{ImageFormat, Instance, load, loaders};
use crate::graphql::loaders::InstanceUuid;
use async_graphql::{Context, Object};
use domain::rows;

pub struct ReportKeyImage(pub rows::ReportKeyImage);

/// A frame that the radiologist chose to show with a report.
#[Object]
impl ReportKeyImage {
    /// The file that it is in.
    async fn instance(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Instance>> {
        Ok(load(&loaders(ctx)?.instances_by_uuid, InstanceUuid(self.0.instance_uuid)).await?.map(Instance))
    }

    /// Its number in the file, from 0.
    async fn frame(&self) -> i32 {
        self.0.frame
    }

    /// What it shows.
    async fn caption(&self) -> Option<&str> {
        self.0.caption.as_deref()
    }

    /// Path and query of its picture, drawn when it is fetched; needs no credentials and ends.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is encoded.", default)] format: ImageFormat,
    ) -> async_graphql::Result<String> {
        let frame = u32::try_from(self.0.frame).unwrap_or(0);
        frame_url(ctx, self.0.instance_uuid, frame, format, None, None)
    }
}
