//! From samples to a picture that a browser shows: modality LUT, VOI LUT or window, presentation, palette, colour space, size.
//!
//! The order is that of the grayscale softcopy presentation (PS3.4 N.2, PS3.3 C.11). Colour pictures are not windowed.

pub mod colour;
pub mod encode;
mod greyscale;
pub(crate) mod groups;
pub mod header;
pub mod lut;
mod palette;
pub mod resize;

pub use encode::{Format, encode};

use crate::dataset::DataSet;
use crate::pixels::{Photometric, PixelDescription, PixelError, Samples};

/// A window as a reader asks for it, in the units after the modality LUT (Hounsfield units for CT).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    pub centre: f64,
    pub width: f64,
}

/// How a frame is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RenderOptions {
    /// Wins over the file's own VOI LUT and window.
    pub window: Option<Window>,
    /// Fit into this many columns and rows, with square pixels; never enlarged beyond the frame's own size.
    pub max_size: Option<(u32, u32)>,
}

/// Eight-bit pixels, row by row; RGB interleaved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureData {
    Grey(Vec<u8>),
    Rgb(Vec<u8>),
}

/// A rendered frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub data: PictureData,
}

impl Picture {
    /// Bytes a pixel: 1 or 3.
    pub fn channels(&self) -> usize {
        match self.data {
            PictureData::Grey(_) => 1,
            PictureData::Rgb(_) => 3,
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match &self.data {
            PictureData::Grey(bytes) | PictureData::Rgb(bytes) => bytes,
        }
    }
}

/// Renders frame `index` (from 0) of the file with this `header` from its decoded samples.
///
/// # Errors
/// `Missing` or `Invalid` when a palette is absent or broken.
pub fn render_frame(
    header: &DataSet,
    desc: &PixelDescription,
    samples: &Samples,
    index: u32,
    options: &RenderOptions,
) -> Result<Picture, PixelError> {
    let data = match samples.photometric {
        Photometric::Monochrome1 | Photometric::Monochrome2 => {
            PictureData::Grey(greyscale::render(header, desc, samples, index, options.window))
        }
        Photometric::PaletteColor => PictureData::Rgb(palette::render(header, desc, samples)?),
        _ => PictureData::Rgb(colour::to_rgb(desc, samples)),
    };
    let picture = Picture {
        width: samples.columns,
        height: samples.rows,
        data,
    };
    Ok(match options.max_size {
        Some(limit) => fit(picture, limit, groups::pixel_aspect(header, index)),
        None => picture,
    })
}

/// Scales into `limit` with square pixels. `aspect` is the height of a pixel divided by its width.
fn fit(picture: Picture, (max_width, max_height): (u32, u32), aspect: f64) -> Picture {
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    let (width, height) = if aspect > 1.0 {
        (width, height * aspect)
    } else {
        (width / aspect, height)
    };
    let scale = (f64::from(max_width.max(1)) / width).min(f64::from(max_height.max(1)) / height).min(1.0);
    let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
    resize::resize(&picture, pixels(width), pixels(height))
}
