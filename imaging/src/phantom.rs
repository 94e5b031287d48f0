//! A synthetic CT of a thorax for demonstrations and tests: anatomy by formula, so that no patient is needed to see the system work.
//!
//! Coordinates are those of the patient (PS3.3 C.7.6.2.1.1): x to the left, y to the back, z to the head, in millimetres, around the
//! middle of the body at the lowest slice. Pixels are the same in every call; UIDs are new.

use dicom_dictionary_std::{tags, uids};

use crate::dataset::{DataSet, Element, Tag, VR, Value};
use crate::transcode::{Elements, TargetSyntax, write};

const FIELD_OF_VIEW: f64 = 400.0;
const HEIGHT: f64 = 300.0;
const RESCALE_INTERCEPT: f64 = -1024.0;

const AIR: f64 = -1000.0;
const LUNG: f64 = -860.0;
const FAT: f64 = -95.0;
const MUSCLE: f64 = 50.0;
const BLOOD: f64 = 170.0;
const LIVER: f64 = 75.0;
const MARROW: f64 = 220.0;
const CORTEX: f64 = 750.0;

/// A ball in a lung: centre and radius.
pub type Nodule = ([f64; 3], f64);

/// The nodules of [`ct_series`].
pub const NODULES: &[Nodule] = &[
    ([-85.0, -25.0, 175.0], 10.0),
    ([78.0, 35.0, 140.0], 6.0),
    ([-70.0, 45.0, 110.0], 5.0),
];

/// `slices` CT Image Storage files of `size` x `size` pixels, feet to head, one series of one study.
pub fn ct_series(slices: u32, size: u32) -> impl Iterator<Item = Vec<u8>> {
    ct_series_with(slices, size, NODULES)
}

/// The same with other nodules, or without any.
pub fn ct_series_with(slices: u32, size: u32, nodules: &'static [Nodule]) -> impl Iterator<Item = Vec<u8>> {
    let series = Series {
        study: fresh_uid(),
        series: fresh_uid(),
        frame_of_reference: fresh_uid(),
        spacing: HEIGHT / f64::from(slices.max(1)),
        size: size.clamp(16, 4096),
        vessels: vessels(),
        nodules,
    };
    (0..slices).filter_map(move |slice| series.file(slice))
}

fn fresh_uid() -> String {
    format!("2.25.{}", uuid::Uuid::new_v4().as_u128())
}

struct Series {
    study: String,
    series: String,
    frame_of_reference: String,
    spacing: f64,
    size: u32,
    vessels: Vec<Vessel>,
    nodules: &'static [Nodule],
}

/// A straight tube from `from` to `to`.
struct Vessel {
    from: [f64; 3],
    to: [f64; 3],
    radius: f64,
}

impl Series {
    /// `None` only if the slice were too large for a DICOM file, which `size` excludes.
    fn file(&self, slice: u32) -> Option<Vec<u8>> {
        let z = (f64::from(slice) + 0.5) * self.spacing;
        let mut elements = Elements::new();
        let mut set = |tag: Tag, vr: VR, value: Vec<u8>| {
            elements.insert(
                tag,
                Element {
                    tag,
                    vr,
                    value: Value::Bytes(value),
                },
            );
        };
        for (tag, vr, text) in self.texts(slice, z) {
            set(tag, vr, write::padded(&text, if vr == VR::UI { 0 } else { b' ' }));
        }
        let size = self.size as u16;
        let numbers = [
            (tags::SAMPLES_PER_PIXEL, 1),
            (tags::ROWS, size),
            (tags::COLUMNS, size),
            (tags::BITS_ALLOCATED, 16),
            (tags::BITS_STORED, 12),
            (tags::HIGH_BIT, 11),
            (tags::PIXEL_REPRESENTATION, 0),
        ];
        for (tag, number) in numbers {
            set(tag, VR::US, u16::to_le_bytes(number).to_vec());
        }
        set(tags::PIXEL_DATA, VR::OW, self.pixels(z));
        write::file(&DataSet::default(), elements, TargetSyntax::ExplicitVrLittleEndian)
            .ok()
            .map(|(bytes, _)| bytes)
    }

    fn texts(&self, slice: u32, z: f64) -> Vec<(Tag, VR, String)> {
        let pixel = FIELD_OF_VIEW / f64::from(self.size);
        let corner = (pixel - FIELD_OF_VIEW) / 2.0;
        let text = |tag, vr, value: &str| (tag, vr, value.to_owned());
        vec![
            text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 100"),
            text(tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
            text(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
            (tags::SOP_INSTANCE_UID, VR::UI, fresh_uid()),
            text(tags::STUDY_DATE, VR::DA, "20260105"),
            text(tags::SERIES_DATE, VR::DA, "20260105"),
            text(tags::CONTENT_DATE, VR::DA, "20260105"),
            text(tags::STUDY_TIME, VR::TM, "101500"),
            text(tags::SERIES_TIME, VR::TM, "101600"),
            text(tags::CONTENT_TIME, VR::TM, "101700"),
            text(tags::ACCESSION_NUMBER, VR::SH, "PHANTOM-1"),
            text(tags::MODALITY, VR::CS, "CT"),
            text(tags::MANUFACTURER, VR::LO, "Gantry"),
            text(tags::MANUFACTURER_MODEL_NAME, VR::LO, "Synthetic thorax"),
            text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
            text(tags::STUDY_DESCRIPTION, VR::LO, "CT thorax (synthetic)"),
            text(tags::SERIES_DESCRIPTION, VR::LO, "Axial soft tissue"),
            text(tags::PATIENT_NAME, VR::PN, "Phantom^Thorax"),
            text(tags::PATIENT_ID, VR::LO, "PHANTOM"),
            text(tags::PATIENT_BIRTH_DATE, VR::DA, "19700101"),
            text(tags::PATIENT_SEX, VR::CS, "O"),
            text(tags::BODY_PART_EXAMINED, VR::CS, "CHEST"),
            (tags::SLICE_THICKNESS, VR::DS, decimal(self.spacing)),
            text(tags::KVP, VR::DS, "120"),
            text(tags::PATIENT_POSITION, VR::CS, "HFS"),
            (tags::STUDY_INSTANCE_UID, VR::UI, self.study.clone()),
            (tags::SERIES_INSTANCE_UID, VR::UI, self.series.clone()),
            text(tags::STUDY_ID, VR::SH, "1"),
            text(tags::SERIES_NUMBER, VR::IS, "1"),
            text(tags::ACQUISITION_NUMBER, VR::IS, "1"),
            (tags::INSTANCE_NUMBER, VR::IS, (slice + 1).to_string()),
            (
                tags::IMAGE_POSITION_PATIENT,
                VR::DS,
                format!("{0}\\{0}\\{1}", decimal(corner), decimal(z)),
            ),
            text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0"),
            (tags::FRAME_OF_REFERENCE_UID, VR::UI, self.frame_of_reference.clone()),
            text(tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
            (tags::SLICE_LOCATION, VR::DS, decimal(z)),
            text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            (tags::PIXEL_SPACING, VR::DS, format!("{0}\\{0}", decimal(pixel))),
            text(tags::WINDOW_CENTER, VR::DS, "40"),
            text(tags::WINDOW_WIDTH, VR::DS, "400"),
            (tags::RESCALE_INTERCEPT, VR::DS, decimal(RESCALE_INTERCEPT)),
            text(tags::RESCALE_SLOPE, VR::DS, "1"),
            text(tags::RESCALE_TYPE, VR::LO, "HU"),
        ]
    }

    fn pixels(&self, z: f64) -> Vec<u8> {
        let pixel = FIELD_OF_VIEW / f64::from(self.size);
        let place = |index: u32| (f64::from(index) + 0.5) * pixel - FIELD_OF_VIEW / 2.0;
        let mut noise = Noise(0x9E37_79B9_7F4A_7C15 ^ z.to_bits());
        let mut out = Vec::with_capacity((self.size * self.size * 2) as usize);
        for row in 0..self.size {
            for column in 0..self.size {
                let units = self.hounsfield([place(column), place(row), z]) + noise.next() * 14.0;
                let stored = (units - RESCALE_INTERCEPT).round().clamp(0.0, 4095.0) as u16;
                out.extend_from_slice(&stored.to_le_bytes());
            }
        }
        out
    }

    /// The tissue at a point, outermost first.
    fn hounsfield(&self, point: [f64; 3]) -> f64 {
        let [x, y, z] = point;
        let shoulders = 1.0 - 0.12 * ((z - 220.0) / 80.0).max(0.0);
        let body = ellipse(x, y, 0.0, 0.0, 165.0 * shoulders, 112.0 * shoulders);
        if body > 1.0 {
            return table(x, y);
        }
        if let Some(bone) = spine(x, y, z).or_else(|| cage(x, y, z, shoulders)) {
            return bone;
        }
        if let Some(inside) = self.mediastinum(point).or_else(|| self.lung(point)) {
            return inside;
        }
        if body > 0.83 { FAT } else { MUSCLE }
    }

    fn mediastinum(&self, [x, y, z]: [f64; 3]) -> Option<f64> {
        let trachea = if z > 190.0 {
            ellipse(x, y, 0.0, 5.0, 9.0, 8.0)
        } else {
            f64::INFINITY
        };
        let spread = (190.0 - z) * 0.75;
        let bronchus = if (150.0..=190.0).contains(&z) {
            ellipse(x.abs(), y, spread, 8.0, 7.0, 6.0)
        } else {
            f64::INFINITY
        };
        if trachea.min(bronchus) < 1.0 {
            return Some(AIR);
        }
        let descending = ellipse(x, y, 24.0, 48.0, 13.0, 13.0);
        let ascending = if (110.0..225.0).contains(&z) {
            ellipse(x, y, -14.0, -22.0, 16.0, 16.0)
        } else {
            f64::INFINITY
        };
        let arch = if (212.0..232.0).contains(&z) {
            ellipse(x, y, 8.0, 12.0, 15.0, 42.0)
        } else {
            f64::INFINITY
        };
        let heart = ellipsoid([x, y, z], [28.0, -30.0, 85.0], [62.0, 48.0, 62.0]);
        let cavity = ellipsoid([x, y, z], [36.0, -28.0, 85.0], [38.0, 30.0, 45.0]);
        if descending.min(ascending).min(arch).min(cavity) < 1.0 {
            return Some(BLOOD);
        }
        (heart < 1.0).then_some(MUSCLE + 15.0)
    }

    fn lung(&self, point: [f64; 3]) -> Option<f64> {
        let [x, y, z] = point;
        let size = (1.0 - ((z - 95.0) / 200.0).powi(2)).max(0.0).sqrt();
        if size < 0.15 || ellipse(x.abs(), y, 76.0, 4.0, 58.0 * size, 86.0 * size) > 1.0 {
            return None;
        }
        let dome = |x0: f64, top: f64| ellipsoid(point, [x0, 5.0, 0.0], [75.0, 95.0, top]);
        if dome(-76.0, 62.0) < 1.0 {
            return Some(LIVER);
        }
        if dome(76.0, 42.0) < 1.0 {
            return Some(MUSCLE);
        }
        let nodule = self.nodules.iter().any(|(centre, radius)| ellipsoid(point, *centre, [*radius; 3]) < 1.0);
        if nodule {
            return Some(MUSCLE);
        }
        let vessel = self.vessels.iter().any(|vessel| vessel.contains(point));
        Some(if vessel { BLOOD - 90.0 } else { LUNG })
    }
}

impl Vessel {
    fn contains(&self, point: [f64; 3]) -> bool {
        let along: [f64; 3] = std::array::from_fn(|axis| self.to[axis] - self.from[axis]);
        let offset: [f64; 3] = std::array::from_fn(|axis| point[axis] - self.from[axis]);
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let part = (dot(along, offset) / dot(along, along)).clamp(0.0, 1.0);
        let away: [f64; 3] = std::array::from_fn(|axis| offset[axis] - along[axis] * part);
        let radius = self.radius * (1.0 - 0.6 * part);
        dot(away, away) < radius * radius
    }
}

/// Vessels fan out from both hila.
fn vessels() -> Vec<Vessel> {
    let mut noise = Noise(42);
    let vessel = |number: i32| {
        let side = if number % 2 == 0 { 1.0 } else { -1.0 };
        let hilum = [side * 32.0, 10.0 + noise.next() * 6.0, 150.0 + noise.next() * 25.0];
        let to = [
            side * (85.0 + noise.next() * 22.0),
            noise.next() * 38.0,
            130.0 + noise.next() * 55.0,
        ];
        Vessel {
            from: hilum,
            to,
            radius: 4.5 + noise.next().abs(),
        }
    };
    (0..44).map(vessel).collect()
}

fn spine(x: f64, y: f64, z: f64) -> Option<f64> {
    if ellipse(x, y, 0.0, 92.0, 9.0, 8.0) < 1.0 {
        return Some(MUSCLE - 20.0);
    }
    let vertebra = ellipse(x, y, 0.0, 68.0, 19.0, 15.0);
    if vertebra < 1.0 {
        let disc = (z / 25.0).fract() < 0.16;
        let bone = if vertebra > 0.78 { CORTEX } else { MARROW };
        return Some(if disc { 90.0 } else { bone });
    }
    let arch = ellipse(x, y, 0.0, 92.0, 14.0, 12.0);
    let processes = ellipse(x, y, 0.0, 103.0, 4.0, 9.0).min(ellipse(x.abs(), y, 22.0, 86.0, 14.0, 5.0));
    (arch.min(processes) < 1.0 && (z / 25.0).fract() > 0.3).then_some(CORTEX - 250.0)
}

/// Ribs, which run down and forward, and the sternum.
fn cage(x: f64, y: f64, z: f64, shoulders: f64) -> Option<f64> {
    let sternum = ellipse(x, y, 0.0, -96.0 * shoulders, 17.0, 6.0);
    if sternum < 1.0 && z > 70.0 {
        return Some(if sternum > 0.6 { CORTEX - 250.0 } else { MARROW });
    }
    let wall = ellipse(x, y, 0.0, 0.0, 147.0 * shoulders, 97.0 * shoulders).sqrt();
    let rib = ((z + y * 0.55) / 28.0).rem_euclid(1.0);
    let away = ((wall - 0.97) / 0.035).powi(2) + ((rib - 0.5) / 0.24).powi(2);
    (away < 1.0 && y > -85.0).then_some(if away > 0.45 { CORTEX } else { MARROW })
}

/// The curved table top under the back: a thin shell around foam.
fn table(x: f64, y: f64) -> f64 {
    let top = 132.0 - (x / 190.0).powi(2) * 22.0;
    let depth = y - top;
    if x.abs() > 190.0 || !(0.0..24.0).contains(&depth) {
        return AIR;
    }
    if (2.5..21.5).contains(&depth) { -880.0 } else { 40.0 }
}

/// Below 1 inside of the ellipse.
fn ellipse(x: f64, y: f64, x0: f64, y0: f64, rx: f64, ry: f64) -> f64 {
    ((x - x0) / rx).powi(2) + ((y - y0) / ry).powi(2)
}

/// Below 1 inside of the ellipsoid.
fn ellipsoid(point: [f64; 3], centre: [f64; 3], radii: [f64; 3]) -> f64 {
    (0..3).map(|axis| ((point[axis] - centre[axis]) / radii[axis]).powi(2)).sum()
}

/// A DS value: at most 16 characters.
fn decimal(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Reproducible noise of variance near 1 (splitmix64, four uniform numbers summed).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let sum: f64 = (0..4).map(|part| f64::from((bits >> (part * 16)) as u16) / 65_536.0).sum();
        (sum - 2.0) * 1.73
    }
}
