//! `Frame`: one image of an instance.

use super::{ImageFormat, acting, app};
use crate::graphql::errors::top_level;
use async_graphql::{Context, Object};
use domain::Error;
use domain::studies;
use uuid::Uuid;

pub struct Frame {
    pub instance: Uuid,
    pub number: u32,
}

/// One image of an instance.
#[Object]
impl Frame {
    /// Its number, from 0.
    async fn number(&self) -> u32 {
        self.number
    }

    /// Path and query of its picture, drawn when it is fetched; needs no credentials and ends.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it is encoded.", default)] format: ImageFormat,
        #[graphql(
            desc = "Centre of the window, in units after the modality LUT (for CT: Hounsfield); with windowWidth."
        )]
        window_centre: Option<f64>,
        #[graphql(desc = "Width of the window; with windowCentre. Without both the file's window is used.")]
        window_width: Option<f64>,
    ) -> async_graphql::Result<String> {
        frame_url(ctx, self.instance, self.number, format, window_centre, window_width)
    }
}

pub fn frame_url(
    ctx: &Context<'_>,
    instance: Uuid,
    frame: u32,
    format: ImageFormat,
    centre: Option<f64>,
    width: Option<f64>,
) -> async_graphql::Result<String> {
    let mut query = format!("?format={}", format.as_str());
    match (centre, width) {
        (Some(centre), Some(width)) if width >= 1.0 => query += &format!("&centre={centre}&width={width}"),
        (None, None) => {}
        _ => {
            let wrong = "windowCentre and windowWidth go together; windowWidth is at least 1";
            return Err(top_level(Error::invalid("windowWidth", "INVALID_WINDOW", wrong)));
        }
    }
    Ok(studies::frame_url(app(ctx)?, acting(ctx)?, instance, frame, &query).path)
}
