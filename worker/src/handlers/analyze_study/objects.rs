//! The DICOM objects of an analysis: a segmentation on the pixels of the source, and a report of its measurements.
//!
//! Everything in them follows from what was analysed and what was said of it, their UIDs too: the same analysis gives the same bytes and is
//! stored once, and another one (a network on other hardware rounds differently) is another object and no conflict.

use super::series::{Analysed, By, Seen};
use crate::engine::JobError;
use chrono::{DateTime, Utc};
use domain::rows::{Series, Study};
use imaging::analysis::Structure;
use imaging::derived::seg::{Algorithm, LabelledImage, Segment, Segmentation, segmentation};
use imaging::derived::sr::{
    Measurement, MeasurementGroup, MeasurementReport, SegmentationReference, measurement_report, millilitres, volume,
};
use imaging::derived::{Authoring, Code, DerivedError, Device, Reference};
use sha2::{Digest, Sha256};

const SERIES_NUMBER: u32 = 9_000;
const UNVERIFIED: &str = "Automatic, an aid that no radiologist has verified";

#[derive(Default)]
pub struct Made {
    pub files: Vec<Vec<u8>>,
    pub segmentation_uid: Option<String>,
    pub report_uid: Option<String>,
}

/// What the objects are of, by whom, and what was said.
pub struct Of<'a> {
    pub study: &'a Study,
    pub series: &'a Series,
    pub input_hash: &'a str,
    pub by: &'a By,
    pub seen: &'a Seen,
}

/// None for what is no volume, and where nothing was segmented.
pub fn make(of: &Of, analysed: &Analysed) -> Result<Made, JobError> {
    let structures: Vec<&Structure> =
        of.seen.results.structures.iter().filter(|structure| structure.volume_ml.is_some()).collect();
    if structures.is_empty() {
        return Ok(Made::default());
    }
    let names = Names::of(of).map_err(anyhow::Error::from)?;
    let made = files(of, &names, analysed, &structures);
    made.map_err(|error| JobError::permanent(format!("the segmentation cannot be written: {error}")))
}

fn files(of: &Of, names: &Names, analysed: &Analysed, structures: &[&Structure]) -> Result<Made, DerivedError> {
    let seen = of.seen;
    let labels: Vec<Vec<u8>> = (0..seen.labels.images.len()).filter_map(|slice| seen.labels.of_slice(slice)).collect();
    let images = seen.labels.images.iter().zip(&labels).map(|(image, labels)| {
        let (instance, frame) = analysed.places[*image];
        LabelledImage {
            header: &analysed.datasets[instance],
            frame: (analysed.instances[instance].number_of_frames > 1).then_some(frame),
            labels,
        }
    });
    let asked = Segmentation {
        authoring: authoring(of, names, "segmentation", "Segmentation"),
        dimension_organization_uid: names.uid("dimensions"),
        segments: structures.iter().map(|structure| segment(names, structure)).collect(),
        algorithm: Algorithm {
            name: of.by.model.clone(),
            version: of.by.version.clone(),
            family: family(of.by),
        },
    };
    let (uid, of_series) = (
        asked.authoring.sop_instance_uid.clone(),
        asked.authoring.series_instance_uid.clone(),
    );
    let segmented = segmentation(&asked, images)?;
    let report = MeasurementReport {
        authoring: authoring(of, names, "measurements", "Measurements"),
        procedure: Code::sct("363679005", "Imaging procedure"),
        images: analysed.datasets.iter().map(Reference::of).collect::<Result<_, _>>()?,
        segmentation: Some(SegmentationReference {
            series_instance_uid: of_series,
            sop_instance_uid: uid.clone(),
        }),
        groups: structures.iter().zip(1..).map(|(structure, number)| group(names, structure, number)).collect(),
    };
    let report_uid = report.authoring.sop_instance_uid.clone();
    let first = analysed.datasets.first().ok_or(DerivedError::NoImages)?;
    Ok(Made {
        files: vec![segmented, measurement_report(&report, first)?],
        segmentation_uid: Some(uid),
        report_uid: Some(report_uid),
    })
}

/// PS3.16 CID 7162.
fn family(by: &By) -> Code {
    match by.is_engine() {
        true => Code::new("123104", "DCM", "Morphological Operations"),
        false => Code::new("123110", "DCM", "Artificial Intelligence"),
    }
}

fn authoring(of: &Of, names: &Names, what: &str, description: &str) -> Authoring {
    let at: DateTime<Utc> = of.study.created_at;
    let number = of.series.series_number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    Authoring {
        series_instance_uid: names.uid(&format!("{what} series")),
        sop_instance_uid: names.uid(what),
        series_number: SERIES_NUMBER + number % 900,
        instance_number: 1,
        date: at.format("%Y%m%d").to_string(),
        time: at.format("%H%M%S").to_string(),
        series_description: format!("{description} by software, unverified"),
        device: Device {
            manufacturer: "Gantry".into(),
            model: "Gantry analysis".into(),
            serial_number: "1".into(),
            version: of.by.version.clone(),
            uid: names.uid("device"),
        },
    }
}

fn segment(names: &Names, structure: &Structure) -> Segment {
    let name = structure.name.clone();
    Segment {
        label: structure.label,
        category: Code::sct("123037004", "Anatomical structure"),
        kind: kind(structure),
        colour: structure.colour,
        tracking_uid: names.uid(&format!("tracking {name}")),
        tracking_id: name.clone(),
        name,
    }
}

fn kind(structure: &Structure) -> Code {
    match &structure.code {
        Some(code) => Code::sct(&code.value, &code.meaning),
        None => Code::sct("85756007", "Tissue"),
    }
}

fn group(names: &Names, structure: &Structure, number: u16) -> MeasurementGroup {
    let segment = segment(names, structure);
    MeasurementGroup {
        tracking_id: segment.tracking_id,
        tracking_uid: segment.tracking_uid,
        finding: segment.kind,
        site: None,
        segment: number,
        measurements: vec![Measurement {
            name: volume(),
            value: structure.volume_ml.unwrap_or_default(),
            unit: millilitres(),
        }],
        comment: format!("{} ({}). {UNVERIFIED}.", structure.method.name, structure.method.source),
    }
}

/// UIDs that follow from what was analysed, by whom, and what was said (PS3.5 section B.2: UUID-derived).
struct Names(Sha256);

impl Names {
    fn of(of: &Of) -> Result<Self, serde_json::Error> {
        let mut hash = Sha256::new();
        let said = serde_json::to_vec(&of.seen.results)?;
        for part in [
            of.by.model.as_bytes(),
            of.by.version.as_bytes(),
            of.input_hash.as_bytes(),
            &said,
        ] {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(&of.seen.labels.volume.data);
        Ok(Self(hash))
    }

    fn uid(&self, what: &str) -> String {
        let digest = self.0.clone().chain_update(what).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        format!("2.25.{}", uuid::Builder::from_random_bytes(bytes).into_uuid().as_u128())
    }
}
