//! The modules of a segmentation object (PS3.3 A.51.3).

use dicom_dictionary_std::tags;

use super::frames::{Frame, joined};
use super::geometry::{Geometry, Slice};
use super::{Segment, Segmentation};
use crate::dataset::VR;
use crate::derived::attributes::Attributes;
use crate::derived::colour::cielab;
use crate::derived::{Code, Reference};

/// Common Instance Reference (C.12.2): the instances that have frames.
pub fn references(object: Attributes, series: &str, slices: &[Slice], frames: &[Frame]) -> Attributes {
    let mut used: Vec<usize> = frames.iter().map(|frame| frame.slice).collect();
    used.sort_unstable();
    used.dedup();
    let mut instances: Vec<&Reference> = used.iter().map(|slice| &slices[*slice].reference).collect();
    instances.dedup();
    let instances = instances.into_iter().map(Reference::item).collect();
    let series = Attributes::default()
        .uid(tags::SERIES_INSTANCE_UID, series)
        .items(tags::REFERENCED_INSTANCE_SEQUENCE, instances);
    object.item(tags::REFERENCED_SERIES_SEQUENCE, series)
}

/// Segmentation Image (C.8.20.2) without its pixels.
pub fn segments(object: Attributes, asked: &Segmentation) -> Attributes {
    let items = asked.segments.iter().enumerate();
    let items = items.map(|(place, segment)| described(place as u16 + 1, segment, asked)).collect();
    object
        .text(tags::SEGMENTATION_TYPE, VR::CS, "BINARY")
        // A voxel has one label.
        .text(tags::SEGMENTS_OVERLAP, VR::CS, "NO")
        .text(tags::CONTENT_LABEL, VR::CS, "SEGMENTATION")
        .text(tags::CONTENT_DESCRIPTION, VR::LO, &asked.authoring.series_description)
        .text(tags::CONTENT_CREATOR_NAME, VR::PN, "")
        .items(tags::SEGMENT_SEQUENCE, items)
}

fn described(number: u16, segment: &Segment, asked: &Segmentation) -> Attributes {
    let algorithm = Attributes::default()
        .item(tags::ALGORITHM_FAMILY_CODE_SEQUENCE, asked.algorithm.family.item())
        .text(tags::ALGORITHM_NAME, VR::LO, &asked.algorithm.name)
        .text(tags::ALGORITHM_VERSION, VR::LO, &asked.algorithm.version);
    Attributes::default()
        .shorts(tags::SEGMENT_NUMBER, &[number])
        .text(tags::SEGMENT_LABEL, VR::LO, &segment.name)
        .text(tags::SEGMENT_ALGORITHM_TYPE, VR::CS, "AUTOMATIC")
        .text(tags::SEGMENT_ALGORITHM_NAME, VR::LO, &asked.algorithm.name)
        .item(tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE, algorithm)
        .item(tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, segment.category.item())
        .item(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, segment.kind.item())
        .shorts(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE, &cielab(segment.colour))
        .text(tags::TRACKING_ID, VR::UT, &segment.tracking_id)
        .uid(tags::TRACKING_UID, &segment.tracking_uid)
}

/// General Image, Image Pixel, Frame of Reference (C.7.6.1, C.7.6.3, C.7.4.1).
pub fn image(object: Attributes, geometry: &Geometry, frames: &[Frame]) -> Attributes {
    let pixels = usize::from(geometry.rows) * usize::from(geometry.columns);
    object
        .text(tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY")
        .uid(tags::FRAME_OF_REFERENCE_UID, &geometry.frame_of_reference)
        .text(tags::POSITION_REFERENCE_INDICATOR, VR::LO, &geometry.position_reference)
        .shorts(tags::SAMPLES_PER_PIXEL, &[1])
        .text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2")
        .text(tags::NUMBER_OF_FRAMES, VR::IS, &frames.len().to_string())
        .shorts(tags::ROWS, &[geometry.rows])
        .shorts(tags::COLUMNS, &[geometry.columns])
        .shorts(tags::BITS_ALLOCATED, &[1])
        .shorts(tags::BITS_STORED, &[1])
        .shorts(tags::HIGH_BIT, &[0])
        .shorts(tags::PIXEL_REPRESENTATION, &[0])
        .text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00")
        .bytes(tags::PIXEL_DATA, VR::OB, joined(frames, pixels))
}

/// Multi-frame Dimension and Multi-frame Functional Groups (C.7.6.17, C.7.6.16): segments, and places along the normal.
pub fn functional_groups(
    object: Attributes,
    asked: &Segmentation,
    geometry: &Geometry,
    slices: &[Slice],
    places: &[u32],
    frames: &[Frame],
) -> Attributes {
    let organization = &asked.dimension_organization_uid;
    let dimension = |pointer, group, name: &str| {
        Attributes::default()
            .uid(tags::DIMENSION_ORGANIZATION_UID, organization)
            .pointer(tags::DIMENSION_INDEX_POINTER, pointer)
            .pointer(tags::FUNCTIONAL_GROUP_POINTER, group)
            .text(tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, name)
    };
    let frame = |frame: &Frame| per_frame(frame, &slices[frame.slice], places[frame.slice]);
    object
        .item(
            tags::DIMENSION_ORGANIZATION_SEQUENCE,
            Attributes::default().uid(tags::DIMENSION_ORGANIZATION_UID, organization),
        )
        .items(
            tags::DIMENSION_INDEX_SEQUENCE,
            vec![
                dimension(
                    tags::REFERENCED_SEGMENT_NUMBER,
                    tags::SEGMENT_IDENTIFICATION_SEQUENCE,
                    "Segment Number",
                ),
                dimension(
                    tags::IMAGE_POSITION_PATIENT,
                    tags::PLANE_POSITION_SEQUENCE,
                    "Image Position Patient",
                ),
            ],
        )
        .item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared(geometry, slices))
        .items(
            tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
            frames.iter().map(frame).collect(),
        )
}

/// Pixel Measures wants a thickness: where the source tells none it is the distance between slices.
fn shared(geometry: &Geometry, slices: &[Slice]) -> Attributes {
    let between = geometry.between(slices);
    let thickness = geometry.thickness.or(between);
    let measures = Attributes::default().decimals(tags::PIXEL_SPACING, &geometry.spacing);
    let measures = [
        (tags::SLICE_THICKNESS, thickness),
        (tags::SPACING_BETWEEN_SLICES, between),
    ]
    .into_iter()
    .filter_map(|(tag, mm)| Some((tag, mm?)))
    .fold(measures, |measures, (tag, mm)| measures.decimals(tag, &[mm]));
    let orientation = Attributes::default().decimals(tags::IMAGE_ORIENTATION_PATIENT, &geometry.orientation);
    Attributes::default()
        .item(tags::PIXEL_MEASURES_SEQUENCE, measures)
        .item(tags::PLANE_ORIENTATION_SEQUENCE, orientation)
}

fn per_frame(frame: &Frame, slice: &Slice, place: u32) -> Attributes {
    let source = slice
        .reference
        .item()
        .item(
            tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
            Code::new("121322", "DCM", "Source image for image processing operation").item(),
        )
        .text(tags::SPATIAL_LOCATIONS_PRESERVED, VR::CS, "YES");
    let source = match slice.frame {
        Some(number) => source.text(tags::REFERENCED_FRAME_NUMBER, VR::IS, &number.to_string()),
        None => source,
    };
    let derivation = Attributes::default()
        .item(
            tags::DERIVATION_CODE_SEQUENCE,
            Code::new("113076", "DCM", "Segmentation").item(),
        )
        .item(tags::SOURCE_IMAGE_SEQUENCE, source);
    let content = Attributes::default().longs(tags::DIMENSION_INDEX_VALUES, &[u32::from(frame.segment), place]);
    Attributes::default()
        .item(tags::FRAME_CONTENT_SEQUENCE, content)
        .item(
            tags::PLANE_POSITION_SEQUENCE,
            Attributes::default().decimals(tags::IMAGE_POSITION_PATIENT, &slice.position),
        )
        .item(
            tags::SEGMENT_IDENTIFICATION_SEQUENCE,
            Attributes::default().shorts(tags::REFERENCED_SEGMENT_NUMBER, &[frame.segment]),
        )
        .item(tags::DERIVATION_IMAGE_SEQUENCE, derivation)
}
