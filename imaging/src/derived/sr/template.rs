//! Measurement Report (PS3.16 TID 1500) with device observer (TID 1002, 1004), image library (TID 1600, 1601) and volumetric regions
//! (TID 1411).

use dicom_dictionary_std::tags;

use super::content::{Item, Relation};
use super::{MeasurementGroup, MeasurementReport};
use crate::dataset::DataSet;
use crate::derived::Code;

/// The content tree of the report.
pub fn tree(asked: &MeasurementReport, series: &str, header: &DataSet) -> Item {
    let segmentation = asked.segmentation.as_ref().map(|found| found.sop_instance_uid.as_str()).unwrap_or_default();
    let groups = asked.groups.iter().map(|found| group(found, segmentation, series));
    let measurements = Item::container(&dcm("126010", "Imaging Measurements")).holding_all(Relation::Contains, groups);
    Item::container(&dcm("126000", "Imaging Measurement Report"))
        .template("1500")
        .holding(Relation::HasConceptMod, language())
        .holding_all(Relation::HasObsContext, observer(asked))
        .holding(
            Relation::HasConceptMod,
            Item::code(&dcm("121058", "Procedure reported"), &asked.procedure),
        )
        .holding(Relation::Contains, library(asked, header))
        .holding(Relation::Contains, measurements)
}

fn dcm(value: &str, meaning: &str) -> Code {
    Code::new(value, "DCM", meaning)
}

/// Meanings and comments are English (TID 1204).
fn language() -> Item {
    let concept = dcm("121049", "Language of Content Item and Descendants");
    Item::code(&concept, &Code::new("en", "RFC5646", "English"))
}

fn observer(asked: &MeasurementReport) -> Vec<Item> {
    let device = &asked.authoring.device;
    vec![
        Item::code(&dcm("121005", "Observer Type"), &dcm("121007", "Device")),
        Item::uid(&dcm("121012", "Device Observer UID"), &device.uid),
        Item::text(&dcm("121013", "Device Observer Name"), &device.model),
        Item::text(&dcm("121014", "Device Observer Manufacturer"), &device.manufacturer),
        Item::text(&dcm("121015", "Device Observer Model Name"), &device.model),
        Item::text(&dcm("121016", "Device Observer Serial Number"), &device.serial_number),
    ]
}

/// The images that were measured, with what they share.
fn library(asked: &MeasurementReport, header: &DataSet) -> Item {
    let images = asked.images.iter().map(Item::image);
    let group = Item::container(&dcm("126200", "Image Library Group"));
    let group = match header.text(tags::MODALITY).and_then(|modality| named(&modality)) {
        Some(modality) => group.holding(
            Relation::HasAcqContext,
            Item::code(&dcm("121139", "Modality"), &modality),
        ),
        None => group,
    };
    let group = match header.text(tags::FRAME_OF_REFERENCE_UID) {
        Some(uid) => group.holding(
            Relation::HasAcqContext,
            Item::uid(&dcm("112227", "Frame of Reference UID"), &uid),
        ),
        None => group,
    };
    let group = group.holding_all(Relation::Contains, images);
    Item::container(&dcm("111028", "Image Library")).template("1600").holding(Relation::Contains, group)
}

/// Modalities whose series are measured (PS3.16 CID 29).
fn named(modality: &str) -> Option<Code> {
    let meaning = match modality {
        "CT" => "Computed Tomography",
        "MR" => "Magnetic Resonance",
        "PT" => "Positron emission tomography",
        "CR" => "Computed Radiography",
        "DX" => "Digital Radiography",
        _ => return None,
    };
    Some(dcm(modality, meaning))
}

fn group(group: &MeasurementGroup, segmentation: &str, series: &str) -> Item {
    let site = group.site.iter().map(|site| Item::code(&Code::sct("363698007", "Finding Site"), site));
    let numbers = group.measurements.iter().map(|found| Item::number(&found.name, found.value, &found.unit));
    let comment = (!group.comment.is_empty()).then(|| Item::text(&dcm("121106", "Comment"), &group.comment));
    Item::container(&dcm("125007", "Measurement Group"))
        .template("1411")
        .holding(
            Relation::HasObsContext,
            Item::text(&dcm("112039", "Tracking Identifier"), &group.tracking_id),
        )
        .holding(
            Relation::HasObsContext,
            Item::uid(&dcm("112040", "Tracking Unique Identifier"), &group.tracking_uid),
        )
        .holding(
            Relation::Contains,
            Item::code(&dcm("121071", "Finding"), &group.finding),
        )
        .holding(
            Relation::Contains,
            Item::segment(&dcm("121191", "Referenced Segment"), segmentation, group.segment),
        )
        .holding(
            Relation::Contains,
            Item::uid(&dcm("121232", "Source series for segmentation"), series),
        )
        .holding_all(Relation::HasConceptMod, site)
        .holding_all(Relation::Contains, numbers)
        .holding_all(Relation::Contains, comment)
}
