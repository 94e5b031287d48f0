//! Structured reports of measurements: Comprehensive 3D SR (PS3.3 A.35.13) with a Measurement Report (PS3.16 TID 1500).
//!
//! A report that a program writes says so: it is preliminary and unverified, and its observer is a device.

mod content;
mod template;

use dicom_dictionary_std::{tags, uids};

use super::attributes::Attributes;
use super::context::{context, text, uid};
use super::{Authoring, Code, DerivedError, Reference};
use crate::dataset::{DataSet, VR};

const MAX_GROUPS: usize = 1_000;
const MAX_MEASUREMENTS: usize = 100;
const MAX_IMAGES: usize = 20_000;
/// Characters of a comment.
const MAX_COMMENT: usize = 1_024;

/// A report that is asked for.
#[derive(Debug, Clone)]
pub struct MeasurementReport {
    pub authoring: Authoring,
    /// What was done: such as 363679005 SCT "Imaging procedure".
    pub procedure: Code,
    /// The images that were measured, all of one series: the image library.
    pub images: Vec<Reference>,
    /// The segmentation that the groups refer to.
    pub segmentation: Option<SegmentationReference>,
    pub groups: Vec<MeasurementGroup>,
}

/// A segmentation object.
#[derive(Debug, Clone)]
pub struct SegmentationReference {
    pub series_instance_uid: String,
    pub sop_instance_uid: String,
}

/// What was measured of one structure (TID 1411).
#[derive(Debug, Clone)]
pub struct MeasurementGroup {
    /// The same as those of its segment.
    pub tracking_id: String,
    pub tracking_uid: String,
    /// What it is.
    pub finding: Code,
    /// Where it is, when that says more.
    pub site: Option<Code>,
    /// The number of its segment, from 1; needs a segmentation.
    pub segment: u16,
    pub measurements: Vec<Measurement>,
    /// Method and limits in words; may be empty.
    pub comment: String,
}

/// A number with its unit.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// Such as [`volume`].
    pub name: Code,
    pub value: f64,
    /// UCUM, such as [`millilitres`].
    pub unit: Code,
}

/// The concept of a volume (PS3.16 CID 7461).
pub fn volume() -> Code {
    Code::sct("118565006", "Volume")
}

/// Millilitres in UCUM.
pub fn millilitres() -> Code {
    Code::new("ml", "UCUM", "ml")
}

/// Makes the report; `header` is that of any image of the measured series.
///
/// # Errors
/// See [`DerivedError`]: nothing measured, a group that refers to a segmentation that is not given, numbers, texts and UIDs that are none.
pub fn measurement_report(asked: &MeasurementReport, header: &DataSet) -> Result<Vec<u8>, DerivedError> {
    check(asked)?;
    let series = header.text(tags::SERIES_INSTANCE_UID).ok_or(DerivedError::Missing("Series Instance UID"))?;
    let study = header.text(tags::STUDY_INSTANCE_UID).ok_or(DerivedError::Missing("Study Instance UID"))?;
    let object = context(header, &asked.authoring, "SR", uids::COMPREHENSIVE3_DSR_STORAGE)?;
    let object = object
        .items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, Vec::new())
        .items(tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, Vec::new())
        .text(tags::COMPLETION_FLAG, VR::CS, "PARTIAL")
        .text(tags::PRELIMINARY_FLAG, VR::CS, "PRELIMINARY")
        .text(tags::VERIFICATION_FLAG, VR::CS, "UNVERIFIED")
        .item(
            tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
            evidence(asked, &study, &series),
        );
    template::tree(asked, &series, header).root(object).file()
}

/// Whatever the report refers to, by series (PS3.3 table C.17-3).
fn evidence(asked: &MeasurementReport, study: &str, series: &str) -> Attributes {
    let of_series = |uid: &str, instances: Vec<Attributes>| {
        Attributes::default()
            .uid(tags::SERIES_INSTANCE_UID, uid)
            .items(tags::REFERENCED_SOP_SEQUENCE, instances)
    };
    let images = of_series(series, asked.images.iter().map(Reference::item).collect());
    let segmentation = asked.segmentation.iter().map(|found| {
        let instance = Reference {
            sop_class_uid: uids::SEGMENTATION_STORAGE.to_owned(),
            sop_instance_uid: found.sop_instance_uid.clone(),
        };
        of_series(&found.series_instance_uid, vec![instance.item()])
    });
    Attributes::default().uid(tags::STUDY_INSTANCE_UID, study).items(
        tags::REFERENCED_SERIES_SEQUENCE,
        [images].into_iter().chain(segmentation).collect(),
    )
}

fn check(asked: &MeasurementReport) -> Result<(), DerivedError> {
    asked.authoring.check()?;
    asked.procedure.check()?;
    if asked.images.is_empty() {
        return Err(DerivedError::NoImages);
    }
    if asked.groups.is_empty() {
        return Err(DerivedError::NoMeasurements);
    }
    limit("images", asked.images.len(), MAX_IMAGES)?;
    limit("groups", asked.groups.len(), MAX_GROUPS)?;
    for image in &asked.images {
        uid("an image's SOP Class UID", &image.sop_class_uid)?;
        uid("an image's SOP Instance UID", &image.sop_instance_uid)?;
    }
    let segmentation =
        asked.segmentation.as_ref().ok_or(DerivedError::Missing("the segmentation that groups refer to"))?;
    uid(
        "the segmentation's Series Instance UID",
        &segmentation.series_instance_uid,
    )?;
    uid("the segmentation's SOP Instance UID", &segmentation.sop_instance_uid)?;
    asked.groups.iter().try_for_each(check_group)
}

fn check_group(group: &MeasurementGroup) -> Result<(), DerivedError> {
    text("a group's tracking identifier", &group.tracking_id, 64)?;
    uid("a group's tracking UID", &group.tracking_uid)?;
    group.finding.check()?;
    group.site.iter().try_for_each(Code::check)?;
    if !group.comment.is_empty() {
        text("a group's comment", &group.comment, MAX_COMMENT)?;
    }
    if group.segment == 0 {
        return Err(DerivedError::Number("a group's segment"));
    }
    if group.measurements.is_empty() {
        return Err(DerivedError::NoMeasurements);
    }
    limit("measurements", group.measurements.len(), MAX_MEASUREMENTS)?;
    for measurement in &group.measurements {
        measurement.name.check()?;
        measurement.unit.check()?;
        if !measurement.value.is_finite() || measurement.value.abs() > 1e12 {
            return Err(DerivedError::Number("a measurement"));
        }
    }
    Ok(())
}

fn limit(what: &'static str, count: usize, limit: usize) -> Result<(), DerivedError> {
    match count > limit {
        true => Err(DerivedError::TooMany { what, count, limit }),
        false => Ok(()),
    }
}
