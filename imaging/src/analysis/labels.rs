//! The labels of a segmentation: their names, codes and colours, and the label of every voxel.

use serde::{Deserialize, Serialize};

use super::grid::{Grid, Vec3, Volume, plus, scaled};
use super::results::Code;

/// What the methods of this crate tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Label {
    Outside = 0,
    SoftTissue,
    Fat,
    Bone,
    LeftLung,
    RightLung,
    Airway,
    Gas,
    Intracranial,
    /// MR: whatever gives signal.
    Body,
    /// Radiographs: what absorbed more and less than the threshold.
    Dense,
    Lucent,
    /// Any finding.
    Finding,
}

impl Label {
    pub const ALL: [Label; 13] = [
        Self::Outside,
        Self::SoftTissue,
        Self::Fat,
        Self::Bone,
        Self::LeftLung,
        Self::RightLung,
        Self::Airway,
        Self::Gas,
        Self::Intracranial,
        Self::Body,
        Self::Dense,
        Self::Lucent,
        Self::Finding,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::SoftTissue => "soft tissue",
            Self::Fat => "fat",
            Self::Bone => "bone",
            Self::LeftLung => "left lung",
            Self::RightLung => "right lung",
            Self::Airway => "airways",
            Self::Gas => "other gas within the body",
            Self::Intracranial => "intracranial tissue",
            Self::Body => "body",
            Self::Dense => "dense regions",
            Self::Lucent => "lucent regions",
            Self::Finding => "finding",
        }
    }

    /// PS3.16 CID 7166 (tissues) and the body structures of SNOMED CT.
    pub fn code(self) -> Option<Code> {
        let (value, meaning) = match self {
            Self::SoftTissue => ("87784001", "Soft tissue"),
            Self::Fat => ("55603005", "Adipose tissue"),
            Self::Bone => ("3138006", "Bone"),
            Self::LeftLung => ("44029006", "Left lung"),
            Self::RightLung => ("3341006", "Right lung"),
            Self::Airway => ("89187006", "Airway structure"),
            Self::Gas => ("15158005", "Air"),
            Self::Intracranial => ("12738006", "Brain"),
            Self::Body => ("85756007", "Tissue"),
            Self::Outside | Self::Dense | Self::Lucent | Self::Finding => return None,
        };
        Some(Code {
            value: value.to_owned(),
            meaning: meaning.to_owned(),
        })
    }

    /// Its colour in overlays: RGB.
    pub fn colour(self) -> [u8; 3] {
        match self {
            Self::Outside => [0, 0, 0],
            Self::SoftTissue => [200, 110, 90],
            Self::Fat => [235, 205, 90],
            Self::Bone => [245, 240, 220],
            Self::LeftLung => [80, 160, 235],
            Self::RightLung => [70, 205, 190],
            Self::Airway => [165, 110, 230],
            Self::Gas => [120, 120, 200],
            Self::Intracranial => [235, 150, 190],
            Self::Body => [90, 180, 120],
            Self::Dense => [230, 190, 120],
            Self::Lucent => [90, 150, 220],
            Self::Finding => [255, 40, 40],
        }
    }
}

/// What a number in a volume of labels stands for: one of [`Label`], or whatever a model marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelClass {
    /// From 1; 0 is what nothing stands for.
    pub label: u8,
    pub name: String,
    pub code: Option<Code>,
    /// Its colour in overlays: RGB.
    pub colour: [u8; 3],
    /// A finding, which overlays show more strongly than a structure.
    pub finding: bool,
}

impl From<Label> for LabelClass {
    fn from(label: Label) -> Self {
        Self {
            label: label as u8,
            name: label.name().to_owned(),
            code: label.code(),
            colour: label.colour(),
            finding: label == Label::Finding,
        }
    }
}

/// The label of every voxel of the grid that was analysed, and the way to the pixels of the images.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// What labels stand for, in the order of their numbers.
    pub classes: Vec<LabelClass>,
    pub grid: Grid,
    pub volume: Volume<u8>,
    pub source: Grid,
    /// Which of the given images is which slice of `source`.
    pub images: Vec<usize>,
}

impl Labels {
    /// What the voxel at `point` (patient mm) is; `None` outside of the grid and where nothing is labelled.
    pub fn class_at(&self, point: Vec3) -> Option<&LabelClass> {
        let place = self.grid.place_of(point).map(f64::round);
        let inside = (0..3).all(|axis| place[axis] >= 0.0 && place[axis] < self.grid.shape[axis] as f64);
        let label = inside.then(|| self.volume.get(place.map(|index| index as usize)))?;
        self.classes.iter().find(|class| class.label == label)
    }

    /// Which of the given images shows the patient position `point`, if one does.
    pub fn image_at(&self, point: Vec3) -> Option<usize> {
        image_at(&self.source, &self.images, point)
    }

    /// The labels of the pixels of slice `slice` of the source, row by row (`source.shape[0]` columns, `source.shape[1]` rows): what a
    /// segmentation object (PS3.3 A.51) or an overlay of that image needs. Nearest neighbour; `None` beyond the last slice.
    pub fn of_slice(&self, slice: usize) -> Option<Vec<u8>> {
        let [columns, rows, slices] = self.source.shape;
        if slice >= slices {
            return None;
        }
        let (start, steps) = self.grid.map_from(&self.source);
        let first = plus(start, scaled(steps[2], slice as f64));
        let mut out = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let line = plus(first, scaled(steps[1], row as f64));
            out.extend((0..columns).map(|column| {
                let place = plus(line, scaled(steps[0], column as f64));
                let index: [usize; 3] =
                    std::array::from_fn(|axis| (place[axis].round().max(0.0) as usize).min(self.grid.shape[axis] - 1));
                self.volume.get(index)
            }));
        }
        Some(out)
    }
}

/// Which of `images`, the slices of `source`, shows the patient position `point`, if one does.
pub fn image_at(source: &Grid, images: &[usize], point: Vec3) -> Option<usize> {
    let slice = source.place_of(point)[2].round();
    let known = slice >= 0.0 && slice < images.len() as f64;
    known.then(|| images[slice as usize])
}
