//! A synthetic thorax whose lungs and bones are told apart by thresholds, and the objects that are asked for of it.
//!
//! Shared by the tests and by `examples/derived_objects.rs`, whose files foreign readers check.
#![allow(dead_code)] // Each of them uses its part.

use imaging::derived::seg::{Algorithm, LabelledImage, Segment, Segmentation};
use imaging::derived::sr::{
    Measurement, MeasurementGroup, MeasurementReport, SegmentationReference, millilitres, volume,
};
use imaging::derived::{Authoring, Code, Device, Reference};
use imaging::file::DicomFile;
use imaging::guard::Limits;
use imaging::phantom::ct_series;

/// Images and the labels of their pixels: 1 is lung, 2 is bone, 7 is what no segment has.
pub struct Source {
    pub bytes: Vec<Vec<u8>>,
    pub files: Vec<DicomFile>,
    pub labels: Vec<Vec<u8>>,
}

impl Source {
    pub fn phantom(slices: u32, size: u32) -> Self {
        let bytes: Vec<Vec<u8>> = ct_series(slices, size).collect();
        let pixels = size as usize * size as usize * 2;
        let label = |stored: &[u8]| match i32::from(u16::from_le_bytes([stored[0], stored[1]])) - 1024 {
            -920..=-700 => 1,
            200.. => 2,
            -200..=0 => 7,
            _ => 0,
        };
        let labels = bytes.iter().map(|file| file[file.len() - pixels..].chunks(2).map(label).collect()).collect();
        let read = |file: &Vec<u8>| DicomFile::read(file, &Limits::default()).expect("the phantom is a DICOM file");
        let files = bytes.iter().map(read).collect();
        Self { bytes, files, labels }
    }

    pub fn images(&self) -> impl Iterator<Item = LabelledImage<'_>> {
        self.files.iter().zip(&self.labels).map(|(file, labels)| LabelledImage {
            header: &file.dataset,
            frame: None,
            labels,
        })
    }
}

pub fn uid(number: u32) -> String {
    format!(
        "2.25.{}",
        329_800_735_698_586_629_295_641_978_511_506_172_918_u128 + u128::from(number)
    )
}

fn authoring(number: u32, description: &str) -> Authoring {
    Authoring {
        series_instance_uid: uid(number),
        sop_instance_uid: uid(number + 1),
        series_number: 900 + number,
        instance_number: 1,
        date: "20260105".into(),
        time: "103000".into(),
        series_description: description.into(),
        device: Device {
            manufacturer: "Gantry".into(),
            model: "Gantry analysis".into(),
            serial_number: "1".into(),
            version: "0.1.0".into(),
            uid: uid(99),
        },
    }
}

pub fn asked() -> Segmentation {
    let segment = |label: u8, name: &str, kind: Code, colour| Segment {
        label,
        name: name.into(),
        category: Code::sct("123037004", "Anatomical structure"),
        kind,
        colour,
        tracking_id: name.into(),
        tracking_uid: uid(20 + u32::from(label)),
    };
    Segmentation {
        authoring: authoring(1, "Automatic segmentation, unverified"),
        dimension_organization_uid: uid(3),
        segments: vec![
            segment(1, "Lungs", Code::sct("39607008", "Lung"), [80, 160, 235]),
            segment(2, "Bone", Code::sct("272673000", "Bone"), [245, 240, 220]),
        ],
        algorithm: Algorithm {
            name: "Thresholds".into(),
            version: "1".into(),
            family: Code::new("123104", "DCM", "Morphological Operations"),
        },
    }
}

pub fn report(source: &Source) -> MeasurementReport {
    let group = |segment: u16, name: &str, finding: Code, value| MeasurementGroup {
        tracking_id: name.into(),
        tracking_uid: uid(20 + u32::from(segment)),
        finding: finding.clone(),
        site: Some(finding),
        segment,
        measurements: vec![Measurement {
            name: volume(),
            value,
            unit: millilitres(),
        }],
        comment: "Thresholds of Hounsfield units; an aid, not verified by a radiologist.".into(),
    };
    MeasurementReport {
        authoring: authoring(11, "Automatic measurements, unverified"),
        procedure: Code::sct("363679005", "Imaging procedure"),
        images: source.files.iter().map(|file| Reference::of(&file.dataset).expect("it has UIDs")).collect(),
        segmentation: Some(SegmentationReference {
            series_instance_uid: uid(1),
            sop_instance_uid: uid(2),
        }),
        groups: vec![
            group(1, "Lungs", Code::sct("39607008", "Lung"), 1250.5),
            group(2, "Bone", Code::sct("272673000", "Bone"), 1.0 / 3.0),
        ],
    }
}
