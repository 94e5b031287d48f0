//! DICOM objects that are derived from a series: segmentations (`seg`) and structured reports of measurements (`sr`).
//!
//! Patient, study and geometry are copied from the headers of the source, so that the new object lies beside it in every viewer. Nothing is made up
//! here: UIDs, dates and who made the object come from the caller. Objects are Explicit VR Little Endian, their texts UTF-8.

mod attributes;
pub mod colour;
mod context;
pub mod seg;
pub mod sr;

use crate::transcode::TranscodeError;
pub use context::{Authoring, Code, Device, Reference};

/// Why no object was made. Texts name the attribute, never its value.
#[derive(Debug, thiserror::Error)]
pub enum DerivedError {
    #[error("the source has no images")]
    NoImages,
    #[error("there is nothing to segment: no voxel belongs to a segment")]
    NoVoxels,
    #[error("there are no measurements to report")]
    NoMeasurements,
    #[error("{0} is missing in the source")]
    Missing(&'static str),
    #[error("image {index} of the source differs from the first in {what}")]
    Mixed { index: usize, what: &'static str },
    #[error("image {index} has {found} labels and {expected} pixels")]
    Labels {
        index: usize,
        expected: usize,
        found: usize,
    },
    #[error("{0} is empty, too long or has characters that it cannot have")]
    Text(&'static str),
    #[error("there are {count} of {what}, and at most {limit} fit")]
    TooMany {
        what: &'static str,
        count: usize,
        limit: usize,
    },
    #[error("{0} is no number that can be written")]
    Number(&'static str),
    #[error("the object would be longer than 1 GiB")]
    TooLong,
    #[error(transparent)]
    Write(#[from] TranscodeError),
}
