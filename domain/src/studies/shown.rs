//! The image that stands for a series: the same one for our workers and for those outside.

use crate::App;
use crate::error::{Error, Result};
use entity::instance;
use imaging::dataset::DataSet;
use imaging::file::DicomFile;
use imaging::guard::Limits;
use imaging::render::Window;
use imaging::render::lut::{Function, Voi};

/// One frame of an instance.
#[derive(Debug, Clone)]
pub struct ShownImage {
    pub instance: instance::Model,
    /// From 0.
    pub frame: u32,
}

/// The image in the middle of the body where the positions of all slices are known, else in the order of the numbers; the
/// middle one of its frames. None when no instance has pixels.
pub fn shown_image(instances: Vec<instance::Model>) -> Option<ShownImage> {
    let mut images: Vec<_> = instances.into_iter().filter(|instance| instance.number_of_frames > 0).collect();
    let placed = images.iter().all(|image| image.slice_position.is_some());
    images.sort_by(|a, b| {
        let by_place = match (placed, a.slice_position, b.slice_position) {
            (true, Some(a), Some(b)) => a.total_cmp(&b),
            _ => std::cmp::Ordering::Equal,
        };
        by_place.then_with(|| (a.instance_number, a.ordinal).cmp(&(b.instance_number, b.ordinal)))
    });
    let middle = images.len() / 2;
    let instance = images.into_iter().nth(middle)?;
    let frame = u32::try_from(instance.number_of_frames / 2).unwrap_or(0);
    Some(ShownImage { instance, frame })
}

/// The file's own linear window for that frame, as a hint. None when it has none, has a lookup table or another function, or
/// is deflated, which would have to be fetched whole.
pub async fn shown_window(app: &App, image: &ShownImage) -> Result<Option<Window>> {
    let instance = &image.instance;
    let end = u64::try_from(instance.header_end).unwrap_or(0);
    if instance.deflated || end == 0 {
        return Ok(None);
    }
    let header = app.storage.get_range(&instance.object_key, 0..end).await?;
    let frame = image.frame;
    let read = move || {
        let file = DicomFile::read_header(&header, &Limits::default()).ok()?;
        linear_window(&file.dataset, frame)
    };
    tokio::task::spawn_blocking(read).await.map_err(Error::internal)
}

fn linear_window(header: &DataSet, frame: u32) -> Option<Window> {
    match Voi::of_frame(header, frame, false)? {
        Voi::Window {
            window,
            function: Function::Linear,
        } => Some(window),
        _ => None,
    }
}
