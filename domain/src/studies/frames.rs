//! Frames: where they lie in the stored object, and a picture of any one of them on demand.
//!
//! Invariant: a frame is read by its byte range, together with the header; the rest of the object is never fetched.

use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::media::{self, SignedUrl};
use bytes::Bytes;
use entity::instance;
use imaging::dataset::DataSet;
use imaging::file::{DicomFile, PIXEL_DATA_START};
use imaging::guard::{Limits, Refusal};
use imaging::pixels::{PixelDescription, PixelError, Samples, decode_frame};
use imaging::render::{Format, Picture, RenderOptions, encode, render_frame};
use std::ops::Range;
use std::sync::{Arc, LazyLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Files that one process reads and works on at the same time for people who wait.
static AT_ONCE: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    Arc::new(Semaphore::new(
        std::thread::available_parallelism().map_or(2, usize::from),
    ))
});

/// One run of frames: start, length of each and number, little endian; frames that follow each other share a run.
const RUN: usize = 24;

pub(crate) fn pack(ranges: &[Range<u64>]) -> Vec<u8> {
    let mut runs: Vec<(u64, u64, u64)> = Vec::new();
    for range in ranges {
        let length = range.end - range.start;
        match runs.last_mut() {
            Some((start, each, count)) if *each == length && *start + *each * *count == range.start => *count += 1,
            _ => runs.push((range.start, length, 1)),
        }
    }
    runs.iter()
        .flat_map(|(start, each, count)| [start, each, count])
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// The byte range of one frame (from 0), if there is such a frame.
pub fn range(packed: &[u8], frame: u32) -> Option<Range<u64>> {
    let mut left = u64::from(frame);
    for run in packed.chunks_exact(RUN) {
        let number = |i: usize| run[8 * i..8 * i + 8].try_into().map(u64::from_le_bytes).ok();
        let (start, each, count) = (number(0)?, number(1)?, number(2)?);
        if left < count {
            let from = start + left * each;
            return Some(from..from + each);
        }
        left -= count;
    }
    None
}

#[derive(Debug, Clone)]
pub struct FrameRequest {
    pub instance: Uuid,
    /// From 0.
    pub frame: u32,
    pub options: RenderOptions,
    pub format: Format,
}

const JPEG_QUALITY: u8 = 90;

/// Leave to read a file for somebody who waits, and to work on it, until it is dropped.
pub(super) async fn slot() -> Result<OwnedSemaphorePermit> {
    AT_ONCE.clone().acquire_owned().await.map_err(Error::internal)
}

/// An encoded picture of one frame, for the caller who may see the study. A signed address stands for whom it was given to.
pub async fn frame_picture(app: &App, ctx: &Context, request: &FrameRequest) -> Result<Bytes> {
    let instance = super::list::instance_seen(app, ctx, request.instance).await?;
    let object = format!("instance:{}/frame:{}", instance.uuid, request.frame);
    ctx.saw_part(AuditKind::PictureRead, instance.study_id, object);
    let slot = slot().await?;
    let parts = Parts::read(app, &instance, request.frame).await?;
    let request = request.clone();
    // The slot goes with the work: callers that leave must not let more begin beside it.
    let work = move || {
        let drawn = parts.picture(&request.options).and_then(|picture| encode(&picture, request.format, JPEG_QUALITY));
        drop(slot);
        drawn
    };
    let drawn = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    drawn
        .map(Bytes::from)
        .map_err(|error| Error::conflict("frame", "NOT_RENDERABLE", error.to_string()))
}

/// Reads, decodes and renders one frame for the workers; the inner error says why the pixels cannot be shown.
pub async fn draw(
    app: &App,
    instance: &instance::Model,
    frame: u32,
    options: RenderOptions,
) -> Result<Result<Picture, PixelError>> {
    let parts = Parts::read(app, instance, frame).await?;
    tokio::task::spawn_blocking(move || parts.picture(&options)).await.map_err(Error::internal)
}

/// The header of an instance and how its pixels lie, for the workers; the inner error says why they cannot be read.
pub async fn header(app: &App, instance: &instance::Model) -> Result<Result<(DataSet, PixelDescription), PixelError>> {
    let parts = Parts::read(app, instance, 0).await?;
    tokio::task::spawn_blocking(move || parts.described()).await.map_err(Error::internal)
}

/// The decoded samples of one frame, for the workers.
pub async fn samples(app: &App, instance: &instance::Model, frame: u32) -> Result<Result<Samples, PixelError>> {
    let parts = Parts::read(app, instance, frame).await?;
    let decode = move || {
        let (_, description) = parts.described()?;
        decode_frame(&description, parts.frame, &parts.data)
    };
    tokio::task::spawn_blocking(decode).await.map_err(Error::internal)
}

/// The bytes that a picture of one frame needs.
struct Parts {
    /// Everything before the pixel data, and the beginning of its element.
    header: Bytes,
    data: Bytes,
    frame: u32,
}

impl Parts {
    async fn read(app: &App, instance: &instance::Model, frame: u32) -> Result<Self> {
        let range = range(&instance.frame_ranges, frame).ok_or(Error::NotFound("Frame"))?;
        let header = 0..u64::try_from(instance.header_end).unwrap_or(0) + PIXEL_DATA_START;
        let (header, data) = if instance.deflated {
            let whole = app.storage.get(&instance.object_key).await?;
            inflated(whole, header, range).await?
        } else {
            let mut parts = app.storage.get_ranges(&instance.object_key, &[header, range]).await?;
            match (parts.pop(), parts.pop()) {
                (Some(data), Some(header)) => (header, data),
                _ => return Err(Error::NotFound("Object")),
            }
        };
        Ok(Self { header, data, frame })
    }

    fn picture(&self, options: &RenderOptions) -> Result<Picture, PixelError> {
        let (dataset, description) = self.described()?;
        let samples = decode_frame(&description, self.frame, &self.data)?;
        render_frame(&dataset, &description, &samples, self.frame, options)
    }

    fn described(&self) -> Result<(DataSet, PixelDescription), PixelError> {
        let end = self.header.len().saturating_sub(PIXEL_DATA_START as usize);
        let (header, pixel_data) = self.header.split_at(end);
        let mut file = DicomFile::read_header(header, &Limits::default()).map_err(|refusal| PixelError::Damaged {
            name: "DICOM",
            reason: refusal.to_string(),
        })?;
        file.note_pixel_data(pixel_data);
        let description = PixelDescription::from_dataset(&file.dataset, &file.transfer_syntax)?;
        Ok((file.dataset, description))
    }
}

async fn inflated(whole: Bytes, header: Range<u64>, frame: Range<u64>) -> Result<(Bytes, Bytes)> {
    let inflate = move || {
        let limits = Limits::default();
        let file = DicomFile::read(&whole, &limits)?;
        Ok::<_, Refusal>(Bytes::from(file.inflated(&whole, &limits)?.into_owned()))
    };
    let bytes = tokio::task::spawn_blocking(inflate).await.map_err(Error::internal)?.map_err(Error::internal)?;
    let part = |range: Range<u64>| {
        let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        (range.end <= bytes.len()).then(|| bytes.slice(range))
    };
    match (part(header), part(frame)) {
        (Some(header), Some(frame)) => Ok((header, frame)),
        _ => Err(Error::NotFound("Frame")),
    }
}

/// A signed address of an instance's file, as it was uploaded.
pub fn file_url(app: &App, ctx: &Context, instance: Uuid) -> SignedUrl {
    media::sign(app, ctx, &format!("/media/instances/{instance}/file"))
}

/// A signed address of one frame's picture.
pub fn frame_url(app: &App, ctx: &Context, instance: Uuid, frame: u32, query: &str) -> SignedUrl {
    media::sign(app, ctx, &format!("/media/instances/{instance}/frames/{frame}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_where_they_were_packed() {
        let ranges = [100..200, 200..300, 300..400, 410..450, 460..500];
        let packed = pack(&ranges);
        assert_eq!(packed.len(), 3 * RUN);
        for (frame, expected) in ranges.iter().enumerate() {
            assert_eq!(range(&packed, u32::try_from(frame).unwrap()).as_ref(), Some(expected));
        }
        assert_eq!(range(&packed, 5), None);
        assert_eq!(range(&[], 0), None);
    }
}
