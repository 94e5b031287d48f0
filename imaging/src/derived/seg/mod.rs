//! Segmentation objects (PS3.3 A.51, C.8.20): the labels of a series' voxels as one binary frame for each segment and image that has any.
//!
//! Frames lie on the pixels of the source images, so nothing is resampled and viewers need no fusion. They are written in the order of their
//! segments, and within a segment along the normal of the images.

mod frames;
mod geometry;
mod modules;

use dicom_dictionary_std::uids;

use super::context::{context, text, uid};
use super::{Authoring, Code, DerivedError};
use crate::dataset::DataSet;
use frames::{Frame, packed};
use geometry::{Geometry, Slice};

/// Segments of one object.
pub const MAX_SEGMENTS: usize = 255;
/// Source images of one object.
pub const MAX_IMAGES: usize = 20_000;
/// Bytes of pixel data.
const MAX_PIXELS: usize = (1 << 30) - (1 << 20);

/// What one label of the source stands for.
#[derive(Debug, Clone)]
pub struct Segment {
    /// The value of its voxels; never 0, which is the background.
    pub label: u8,
    /// At most 64 characters.
    pub name: String,
    /// Segmented Property Category, PS3.16 CID 7150: such as 123037004 "Body structure".
    pub category: Code,
    /// Segmented Property Type, PS3.16 CID 7151 and those below: such as 3341006 "Right lung".
    pub kind: Code,
    /// RGB.
    pub colour: [u8; 3],
    /// The same in the reports that refer to it.
    pub tracking_id: String,
    pub tracking_uid: String,
}

/// How the segments were found: always without a person (AUTOMATIC).
#[derive(Debug, Clone)]
pub struct Algorithm {
    pub name: String,
    pub version: String,
    /// PS3.16 CID 7162: such as 123104 DCM "Morphological Operations".
    pub family: Code,
}

/// A segmentation that is asked for. Segment n is the nth of `segments`, from 1, also when it has no voxel.
#[derive(Debug, Clone)]
pub struct Segmentation {
    pub authoring: Authoring,
    pub dimension_organization_uid: String,
    pub segments: Vec<Segment>,
    pub algorithm: Algorithm,
}

/// One image of the source with the labels of its pixels, row by row. Labels that no segment has are background.
pub struct LabelledImage<'a> {
    pub header: &'a DataSet,
    /// The frame, from 0, of an image that has several.
    pub frame: Option<u32>,
    pub labels: &'a [u8],
}

/// Makes a Segmentation object of the images of one series, in any order.
///
/// # Errors
/// See [`DerivedError`]: images without a place in the patient or of different geometries, no voxel at all, texts and UIDs that are none.
pub fn segmentation<'a>(
    asked: &Segmentation,
    images: impl IntoIterator<Item = LabelledImage<'a>>,
) -> Result<Vec<u8>, DerivedError> {
    check(asked)?;
    let mut source: Option<(Geometry, &DataSet)> = None;
    let mut slices: Vec<Slice> = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    let mut bytes = 0;
    for (index, image) in images.into_iter().enumerate() {
        let (slice, geometry) = Slice::of(&image, index)?;
        match &source {
            None => source = Some((geometry, image.header)),
            Some((first, _)) => first.holds(&geometry, index)?,
        }
        for (number, segment) in asked.segments.iter().enumerate() {
            if let Some(bits) = packed(image.labels, segment.label) {
                bytes += bits.len();
                frames.push(Frame {
                    segment: number as u16 + 1,
                    slice: index,
                    bits,
                });
            }
        }
        slices.push(slice);
        if slices.len() > MAX_IMAGES {
            return Err(DerivedError::TooMany {
                what: "images",
                count: slices.len(),
                limit: MAX_IMAGES,
            });
        }
        if bytes > MAX_PIXELS {
            return Err(DerivedError::TooLong);
        }
    }
    let (geometry, header) = source.ok_or(DerivedError::NoImages)?;
    if frames.is_empty() {
        return Err(DerivedError::NoVoxels);
    }
    let places = geometry.places(&slices);
    frames.sort_by_key(|frame| (frame.segment, places[frame.slice]));
    let object = context(header, &asked.authoring, "SEG", uids::SEGMENTATION_STORAGE)?;
    let object = modules::references(object, &series(header)?, &slices, &frames);
    let object = modules::segments(object, asked);
    let object = modules::image(object, &geometry, &frames);
    modules::functional_groups(object, asked, &geometry, &slices, &places, &frames).file()
}

fn series(header: &DataSet) -> Result<String, DerivedError> {
    let tag = dicom_dictionary_std::tags::SERIES_INSTANCE_UID;
    header.text(tag).ok_or(DerivedError::Missing("Series Instance UID"))
}

fn check(asked: &Segmentation) -> Result<(), DerivedError> {
    asked.authoring.check()?;
    uid("the Dimension Organization UID", &asked.dimension_organization_uid)?;
    text("the algorithm's name", &asked.algorithm.name, 64)?;
    text("the algorithm's version", &asked.algorithm.version, 64)?;
    asked.algorithm.family.check()?;
    if asked.segments.len() > MAX_SEGMENTS {
        return Err(DerivedError::TooMany {
            what: "segments",
            count: asked.segments.len(),
            limit: MAX_SEGMENTS,
        });
    }
    for (place, segment) in asked.segments.iter().enumerate() {
        text("a segment's name", &segment.name, 64)?;
        text("a segment's tracking identifier", &segment.tracking_id, 64)?;
        uid("a segment's tracking UID", &segment.tracking_uid)?;
        segment.category.check()?;
        segment.kind.check()?;
        if segment.label == 0 || asked.segments[..place].iter().any(|other| other.label == segment.label) {
            return Err(DerivedError::Text(
                "a segment's label, which is 0 or another segment's,",
            ));
        }
    }
    Ok(())
}
