//! Where the images of a series lie, as their headers say: the frames of a segmentation lie there too.

use dicom_dictionary_std::tags;

use super::LabelledImage;
use crate::dataset::{DataSet, Tag};
use crate::derived::{DerivedError, Reference};
use crate::render::groups::functional_group;

/// What all images of one segmentation share.
pub struct Geometry {
    pub rows: u16,
    pub columns: u16,
    pub frame_of_reference: String,
    pub position_reference: String,
    /// Directions of rows and columns (Image Orientation, PS3.3 C.7.6.2.1.1).
    pub orientation: Vec<f64>,
    /// Between rows and between columns, in mm.
    pub spacing: Vec<f64>,
    /// In mm, when the source tells.
    pub thickness: Option<f64>,
    study: String,
    series: String,
}

/// One image.
pub struct Slice {
    pub reference: Reference,
    /// From 1, when the instance has several frames.
    pub frame: Option<u32>,
    /// The centre of its first pixel, in mm.
    pub position: Vec<f64>,
}

impl Slice {
    pub fn of(image: &LabelledImage<'_>, index: usize) -> Result<(Self, Geometry), DerivedError> {
        let geometry = Geometry::of(image)?;
        let expected = usize::from(geometry.rows) * usize::from(geometry.columns);
        if image.labels.len() != expected {
            return Err(DerivedError::Labels {
                index,
                expected,
                found: image.labels.len(),
            });
        }
        let place = functional_group(image.header, image.frame.unwrap_or(0), tags::PLANE_POSITION_SEQUENCE);
        let slice = Self {
            reference: Reference::of(image.header)?,
            frame: image.frame.map(|frame| frame + 1),
            position: numbers(place, tags::IMAGE_POSITION_PATIENT, 3)
                .ok_or(DerivedError::Missing("Image Position (Patient)"))?,
        };
        Ok((slice, geometry))
    }
}

impl Geometry {
    fn of(image: &LabelledImage<'_>) -> Result<Self, DerivedError> {
        let header = image.header;
        let group = |sequence| functional_group(header, image.frame.unwrap_or(0), sequence);
        let measures = group(tags::PIXEL_MEASURES_SEQUENCE);
        let side = |tag, name| {
            let side = header.int(tag).and_then(|side| u16::try_from(side).ok()).filter(|side| *side > 0);
            side.ok_or(DerivedError::Missing(name))
        };
        let uid = |tag, name| header.text(tag).ok_or(DerivedError::Missing(name));
        let spacing = numbers(measures, tags::PIXEL_SPACING, 2).filter(|spacing| spacing.iter().all(|mm| *mm > 0.0));
        let orientation = numbers(
            group(tags::PLANE_ORIENTATION_SEQUENCE),
            tags::IMAGE_ORIENTATION_PATIENT,
            6,
        );
        Ok(Self {
            rows: side(tags::ROWS, "Rows")?,
            columns: side(tags::COLUMNS, "Columns")?,
            frame_of_reference: uid(tags::FRAME_OF_REFERENCE_UID, "Frame of Reference UID")?,
            position_reference: header.text(tags::POSITION_REFERENCE_INDICATOR).unwrap_or_default(),
            orientation: orientation.ok_or(DerivedError::Missing("Image Orientation (Patient)"))?,
            spacing: spacing.ok_or(DerivedError::Missing("Pixel Spacing"))?,
            thickness: measures.float(tags::SLICE_THICKNESS).filter(|mm| mm.is_finite() && *mm > 0.0),
            study: uid(tags::STUDY_INSTANCE_UID, "Study Instance UID")?,
            series: uid(tags::SERIES_INSTANCE_UID, "Series Instance UID")?,
        })
    }

    /// Refuses an image that does not lie on the same lattice of pixels.
    pub fn holds(&self, other: &Self, index: usize) -> Result<(), DerivedError> {
        let near =
            |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(a, b)| (a - b).abs() <= 1e-4 * a.abs().max(1.0));
        let what = match () {
            () if (self.rows, self.columns) != (other.rows, other.columns) => "Rows and Columns",
            () if self.study != other.study || self.series != other.series => "its series",
            () if self.frame_of_reference != other.frame_of_reference => "Frame of Reference UID",
            () if !near(&self.orientation, &other.orientation) => "Image Orientation (Patient)",
            () if !near(&self.spacing, &other.spacing) => "Pixel Spacing",
            () => return Ok(()),
        };
        Err(DerivedError::Mixed { index, what })
    }

    /// The rank of each slice along the normal, from 1; slices at the same place share one.
    pub fn places(&self, slices: &[Slice]) -> Vec<u32> {
        let heights: Vec<f64> = slices.iter().map(|slice| self.height(&slice.position)).collect();
        let mut order: Vec<usize> = (0..slices.len()).collect();
        order.sort_by(|one, other| heights[*one].total_cmp(&heights[*other]));
        let mut places = vec![0; slices.len()];
        let mut rank = 0;
        let mut last = f64::NEG_INFINITY;
        for slice in order {
            if heights[slice] - last > SAME_PLACE {
                rank += 1;
                last = heights[slice];
            }
            places[slice] = rank;
        }
        places
    }

    /// The distance between slices: the least one, when the slices are regular multiples of it.
    pub fn between(&self, slices: &[Slice]) -> Option<f64> {
        let mut heights: Vec<f64> = slices.iter().map(|slice| self.height(&slice.position)).collect();
        heights.sort_by(f64::total_cmp);
        let steps: Vec<f64> =
            heights.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > SAME_PLACE).collect();
        let least = steps.iter().copied().reduce(f64::min)?;
        let regular = steps.iter().all(|step| (step / least - (step / least).round()).abs() < 0.05);
        regular.then_some(least)
    }

    fn height(&self, position: &[f64]) -> f64 {
        let [a, b, c, d, e, f] = self.orientation[..] else {
            return 0.0;
        };
        let normal = [b * f - c * e, c * d - a * f, a * e - b * d];
        position.iter().zip(normal).map(|(position, normal)| position * normal).sum()
    }
}

/// Nearer than this, in mm, slices are at the same place.
const SAME_PLACE: f64 = 1e-3;

fn numbers(set: &DataSet, tag: Tag, count: usize) -> Option<Vec<f64>> {
    let numbers = set.floats(tag);
    (numbers.len() == count && numbers.iter().all(|number| number.is_finite() && number.abs() < 1e6)).then_some(numbers)
}
