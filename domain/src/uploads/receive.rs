//! One file: to the store, through the hash and through the walker in the same pass.

use super::{Ingest, Received, Skipped, archive, shown_name};
use crate::error::Result;
use crate::storage::Batch;
use crate::studies::frames;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use imaging::file::{DicomFile, FrameError};
use imaging::guard::{Limits, check_pixels};
use imaging::index::{Attributes, Unindexable, attributes};
use imaging::walk::Walker;
use std::ops::Range;

/// Enough to tell a ZIP archive from a DICOM file with a preamble.
const PEEK: usize = 132;
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";

pub(super) async fn file<S>(ingest: &mut Ingest, name: &str, mut body: S) -> Result<()>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
{
    let mut head = BytesMut::new();
    while head.len() < PEEK
        && let Some(chunk) = body.next().await
    {
        head.extend_from_slice(&chunk?);
    }
    let is_zip = head.starts_with(ZIP_MAGIC) && head.get(128..132) != Some(b"DICM".as_slice());
    let body = stream::iter([Ok(head.freeze())]).chain(body);
    if is_zip {
        archive::receive(ingest, &shown_name(name), body).await
    } else {
        dicom(ingest, shown_name(name), body).await
    }
}

/// Streams one DICOM file to the store; what the walker refuses is read to its end and dropped.
pub(super) async fn dicom<S>(ingest: &mut Ingest, name: String, mut body: S) -> Result<()>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
{
    ingest.count_file()?;
    let (key, mut writer) = ingest.batch()?.writer();
    let mut walker = Walker::new(Limits::default());
    let mut refusal: Option<Refused> = None;
    let mut size = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        size += chunk.len() as u64;
        ingest.count_bytes(size, chunk.len(), &name)?;
        ingest.alive().await?;
        if refusal.is_some() {
            continue;
        }
        match walker.push(&chunk) {
            Ok(()) => writer.write(chunk).await?,
            Err(refused) => refusal = Some(refused.into()),
        }
    }
    match refusal.map_or_else(|| index(walker), Err) {
        Ok(indexed) => {
            let file = Batch::finished(key, writer.finish().await?, "application/dicom");
            ingest.remember(indexed.received(file))?;
        }
        Err(refused) => {
            writer.abort().await?;
            ingest.skip(Skipped {
                name,
                damaged: refused.damaged,
                reason: refused.reason,
            });
        }
    }
    Ok(())
}

struct Indexed {
    attributes: Attributes,
    header_end: u64,
    deflated: bool,
    frame_ranges: Vec<u8>,
    number_of_frames: usize,
}

impl Indexed {
    fn received(self, file: crate::storage::StoredFile) -> Received {
        Received {
            file,
            attributes: self.attributes,
            header_end: self.header_end,
            deflated: self.deflated,
            frame_ranges: self.frame_ranges,
            number_of_frames: self.number_of_frames,
        }
    }
}

/// Why a file is not taken.
struct Refused {
    reason: String,
    /// It is DICOM all the same.
    damaged: bool,
}

impl From<imaging::guard::Refusal> for Refused {
    fn from(refusal: imaging::guard::Refusal) -> Self {
        Self {
            reason: refusal.to_string(),
            damaged: !refusal.is_not_dicom(),
        }
    }
}

fn index(walker: Walker) -> Result<Indexed, Refused> {
    let file = walker.finish()?;
    check_pixels(&file, &Limits::default())?;
    let ranges = frame_ranges(&file)?;
    Ok(Indexed {
        attributes: attributes(&file).map_err(|why| Refused {
            damaged: why != Unindexable::Directory,
            reason: why.to_string(),
        })?,
        header_end: file.header_end,
        deflated: file.deflated,
        frame_ranges: frames::pack(&ranges),
        number_of_frames: ranges.len(),
    })
}

/// What has no frames, or none that can be told apart, is stored all the same; it cannot be shown.
fn frame_ranges(file: &DicomFile) -> Result<Vec<Range<u64>>, Refused> {
    match file.frame_ranges() {
        Ok(ranges) => Ok(ranges),
        Err(FrameError::NoPixels | FrameError::Video { .. } | FrameError::Ambiguous { .. }) => Ok(Vec::new()),
        Err(why) => Err(Refused {
            reason: why.to_string(),
            damaged: true,
        }),
    }
}
