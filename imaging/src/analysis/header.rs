//! What the analysis needs of one image's header: geometry, units, and what kind of image it is. Numbers that cannot be are absent.

use dicom_dictionary_std::tags;

use super::grid::{Vec3, cross, dot, length, scaled};
use crate::dataset::{DataSet, Tag};
use crate::pixels::{Photometric, PixelDescription};
use crate::render::Window;
use crate::render::groups::functional_group;
use crate::render::lut::Modality;

/// Millimetres between the pixels of images of people, from microscopes to whole bodies.
const SPACING: std::ops::RangeInclusive<f64> = 0.005..=50.0;
/// How far from its origin a frame of reference reaches, in mm.
const FARTHEST: f64 = 100_000.0;

/// One image of a series: a single-frame file, or one frame of a file with many.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageHeader {
    pub rows: u32,
    pub columns: u32,
    /// Modality (0008,0060).
    pub modality: String,
    /// Body Part Examined (0018,0015), in capitals.
    pub body_part: String,
    /// Millimetres between rows and between columns (PS3.3 10.7.1.3).
    pub spacing: Option<[f64; 2]>,
    /// The centre of the first pixel, in mm (PS3.3 C.7.6.2.1.1).
    pub position: Option<Vec3>,
    /// The directions in which columns and rows are counted, as unit vectors.
    pub orientation: Option<[Vec3; 2]>,
    /// Slice Thickness (0018,0050), in mm.
    pub thickness: Option<f64>,
    /// From stored values to units.
    pub units: Modality,
    /// The window that the file asks for.
    pub window: Option<Window>,
    /// Stored values that stand for no measurement, least and greatest (PS3.3 C.7.5.1.1.2).
    pub padding: Option<[f64; 2]>,
    /// The least and the greatest value that can be stored.
    pub stored: [f64; 2],
    /// Low values are white.
    pub inverted: bool,
    pub colour: bool,
    /// A localizer, or a projection or a capture of a screen, whose pixels are no slice. Reformatted slices are slices.
    pub secondary: bool,
    /// A contrast agent was given (0018,0010).
    pub contrast: bool,
    /// Deviation Index (0018,1413) of a radiograph's exposure.
    pub deviation_index: Option<f64>,
}

impl ImageHeader {
    /// Of frame `index` (from 0) of the file with this `header`.
    pub fn of_frame(header: &DataSet, desc: &PixelDescription, index: u32) -> Self {
        let measures = functional_group(header, index, tags::PIXEL_MEASURES_SEQUENCE);
        let text = |tag: Tag| header.text(tag).unwrap_or_default().trim().to_uppercase();
        let spacing = spacing(measures, tags::PIXEL_SPACING).or_else(|| spacing(header, tags::IMAGER_PIXEL_SPACING));
        let (least, greatest) = if desc.signed {
            (
                -(2f64.powi(i32::from(desc.bits_stored) - 1)),
                2f64.powi(i32::from(desc.bits_stored) - 1) - 1.0,
            )
        } else {
            (0.0, 2f64.powi(i32::from(desc.bits_stored)) - 1.0)
        };
        let voi = functional_group(header, index, tags::FRAME_VOILUT_SEQUENCE);
        Self {
            rows: desc.rows,
            columns: desc.columns,
            modality: text(tags::MODALITY),
            body_part: text(tags::BODY_PART_EXAMINED),
            spacing,
            position: position(functional_group(header, index, tags::PLANE_POSITION_SEQUENCE)),
            orientation: orientation(functional_group(header, index, tags::PLANE_ORIENTATION_SEQUENCE)),
            thickness: measures.float(tags::SLICE_THICKNESS).filter(|mm| SPACING.contains(mm)),
            units: Modality::of_frame(header, index, desc.signed),
            window: window(voi),
            padding: padding(header, desc.signed),
            stored: [least, greatest],
            inverted: desc.photometric == Photometric::Monochrome1,
            colour: !matches!(desc.photometric, Photometric::Monochrome1 | Photometric::Monochrome2),
            secondary: is_secondary(header),
            contrast: header.text(tags::CONTRAST_BOLUS_AGENT).is_some()
                || !header.items(tags::CONTRAST_BOLUS_AGENT_SEQUENCE).is_empty(),
            deviation_index: header.float(tags::DEVIATION_INDEX).filter(|index| index.abs() < 100.0),
        }
    }

    /// The direction across the image, if it has an orientation.
    pub fn normal(&self) -> Option<Vec3> {
        self.orientation.map(|[row, column]| cross(row, column))
    }
}

fn spacing(set: &DataSet, tag: Tag) -> Option<[f64; 2]> {
    match set.floats(tag).as_slice() {
        [rows, columns, ..] if SPACING.contains(rows) && SPACING.contains(columns) => Some([*rows, *columns]),
        _ => None,
    }
}

fn position(set: &DataSet) -> Option<Vec3> {
    let position: Vec3 = set.floats(tags::IMAGE_POSITION_PATIENT).get(..3)?.try_into().ok()?;
    position.iter().all(|mm| mm.abs() <= FARTHEST).then_some(position)
}

/// Unit vectors at a right angle, or nothing: writers round, so a hundredth is forgiven.
fn orientation(set: &DataSet) -> Option<[Vec3; 2]> {
    let numbers: [f64; 6] = set.floats(tags::IMAGE_ORIENTATION_PATIENT).get(..6)?.try_into().ok()?;
    let [a, b, c, d, e, f] = numbers;
    let vectors = [[a, b, c], [d, e, f]];
    if vectors.iter().any(|vector| (length(*vector) - 1.0).abs() > 0.01 || !length(*vector).is_finite()) {
        return None;
    }
    let [row, column] = vectors.map(|vector| scaled(vector, 1.0 / length(vector)));
    (dot(row, column).abs() < 0.01).then_some([row, column])
}

fn window(set: &DataSet) -> Option<Window> {
    let (centre, width) = (set.float(tags::WINDOW_CENTER)?, set.float(tags::WINDOW_WIDTH)?);
    (centre.is_finite() && width.is_finite() && width >= 1.0).then_some(Window { centre, width })
}

/// Pixel Padding Value has the sign of the pixels whatever VR it was written with.
fn padding(header: &DataSet, signed: bool) -> Option<[f64; 2]> {
    let value = |tag| {
        header.float(tag).map(|value| {
            if signed && value > 32_767.0 {
                value - 65_536.0
            } else {
                value
            }
        })
    };
    let first = value(tags::PIXEL_PADDING_VALUE)?;
    let last = value(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(first);
    Some([first.min(last), first.max(last)])
}

/// Image Type (0008,0008), PS3.3 C.7.6.1.1.2 and C.8.2.1.1.1.
fn is_secondary(header: &DataSet) -> bool {
    const WORDS: [&str; 7] = [
        "LOCALIZER",
        "SCOUT",
        "PROJECTION IMAGE",
        "SCREEN SAVE",
        "MIP",
        "CSA MIP",
        "CSA 3D",
    ];
    header.texts(tags::IMAGE_TYPE).iter().any(|word| WORDS.contains(&word.to_uppercase().as_str()))
}
