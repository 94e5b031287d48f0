//! Where an attribute of a frame is: in the per-frame functional groups, the shared ones, or the data set itself (PS3.3 C.7.6.16).

use dicom_dictionary_std::tags;

use crate::dataset::{DataSet, Tag};

/// The item of functional group `sequence` that applies to frame `index`, or the whole data set when there is none.
pub fn functional_group(header: &DataSet, index: u32, sequence: Tag) -> &DataSet {
    let per_frame = header.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).get(index as usize);
    let shared = header.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
    let group = |groups: &DataSet| !groups.items(sequence).is_empty();
    per_frame
        .filter(|groups| group(groups))
        .or(shared.filter(|groups| group(groups)))
        .and_then(|groups| groups.items(sequence).first())
        .unwrap_or(header)
}

/// Height of a pixel divided by its width; 1 where the file does not say or says nonsense.
pub fn pixel_aspect(header: &DataSet, index: u32) -> f64 {
    let measures = functional_group(header, index, tags::PIXEL_MEASURES_SEQUENCE);
    let candidates = [
        header.floats(tags::PIXEL_ASPECT_RATIO),
        measures.floats(tags::PIXEL_SPACING),
        header.floats(tags::IMAGER_PIXEL_SPACING),
        header.floats(tags::NOMINAL_SCANNED_PIXEL_SPACING),
    ];
    let aspect = candidates.iter().find_map(|values| match values.as_slice() {
        [vertical, horizontal, ..] if *vertical > 0.0 && *horizontal > 0.0 => Some(vertical / horizontal),
        _ => None,
    });
    match aspect {
        Some(aspect) if (0.05..=20.0).contains(&aspect) && (aspect - 1.0).abs() > 0.005 => aspect,
        _ => 1.0,
    }
}
