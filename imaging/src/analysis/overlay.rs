//! Pictures that show what was segmented: axial, coronal and sagittal planes with the labels in colours over the windowed image.

use super::Analysis;
use super::grid::Volume;
use super::labels::LabelClass;
use crate::pixels::PixelError;
use crate::render::{Format, Picture, PictureData, encode};

/// The edge of each panel, in pixels; planes are fitted into it with square millimetres.
const PANEL: usize = 384;
/// Black between and around panels, and the height of the colour legend below them.
const MARGIN: usize = 8;
const SWATCH: usize = 20;
/// How much of a pixel's colour the label gives; findings are not to be overlooked.
const TINT: f32 = 0.35;
const FINDING_TINT: f32 = 0.75;

/// Planes beside each other, with the colours that occur below them, from left to right in the order of `legend`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Montage {
    pub picture: Picture,
    pub legend: Vec<LegendEntry>,
}

/// One colour of a montage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegendEntry {
    pub label: u8,
    pub name: String,
    pub colour: [u8; 3],
}

impl Montage {
    /// As a PNG file.
    ///
    /// # Errors
    /// `Encode`.
    pub fn png(&self) -> Result<Vec<u8>, PixelError> {
        encode(&self.picture, Format::Png, 0)
    }
}

/// A plane across one axis of the volume: which axes run to the right and down, and whether they are turned.
struct Plane {
    across: usize,
    right: usize,
    down: usize,
    upside_down: bool,
}

/// As radiologists look: the patient's left on the right, the head up.
const PLANES: [Plane; 3] = [
    Plane {
        across: 2,
        right: 0,
        down: 1,
        upside_down: false,
    },
    Plane {
        across: 1,
        right: 0,
        down: 2,
        upside_down: true,
    },
    Plane {
        across: 0,
        right: 1,
        down: 2,
        upside_down: true,
    },
];

impl Analysis {
    /// The planes through the surest finding, or through the middle of what is labelled. Planes that are one voxel thin are left out.
    pub fn montage(&self) -> Montage {
        let shape = self.volume.shape;
        let centre = self.centre();
        let planes: Vec<&Plane> =
            PLANES.iter().filter(|plane| shape[plane.right] > 1 && shape[plane.down] > 1).collect();
        let mut legend: Vec<LegendEntry> = Vec::new();
        let width = planes.len().max(1) * (PANEL + MARGIN) + MARGIN;
        let height = PANEL + SWATCH + 3 * MARGIN;
        let mut bytes = vec![0u8; width * height * 3];
        for (number, plane) in planes.into_iter().enumerate() {
            self.draw(plane, centre[plane.across], |x, y, colour, class| {
                let at = ((y + MARGIN) * width + x + MARGIN + number * (PANEL + MARGIN)) * 3;
                bytes[at..at + 3].copy_from_slice(&colour);
                if let Some(class) = class.filter(|class| !legend.iter().any(|entry| entry.label == class.label)) {
                    legend.push(LegendEntry {
                        label: class.label,
                        name: class.name.clone(),
                        colour: class.colour,
                    });
                }
            });
        }
        legend.sort_by_key(|entry| entry.label);
        for (number, entry) in legend.iter().enumerate() {
            let left = MARGIN + number * (SWATCH + MARGIN);
            for y in PANEL + 2 * MARGIN..PANEL + 2 * MARGIN + SWATCH {
                for x in left..(left + SWATCH).min(width) {
                    bytes[(y * width + x) * 3..(y * width + x) * 3 + 3].copy_from_slice(&entry.colour);
                }
            }
        }
        let picture = Picture {
            width: width as u32,
            height: height as u32,
            data: PictureData::Rgb(bytes),
        };
        Montage { picture, legend }
    }

    fn centre(&self) -> [usize; 3] {
        let labels: &Volume<u8> = &self.labels.volume;
        let surest = self.results.findings.iter().filter(|finding| finding.position.is_some());
        let surest = surest.max_by(|a, b| a.confidence.total_cmp(&b.confidence)).and_then(|finding| finding.position);
        match surest {
            Some(point) => {
                let place = self.labels.grid.place_of(point);
                std::array::from_fn(|axis| (place[axis].round().max(0.0) as usize).min(labels.shape[axis] - 1))
            }
            None => {
                labels.map(|label| label != 0).bounds().map_or(labels.shape.map(|count| count / 2), |(low, high)| {
                    std::array::from_fn(|axis| (low[axis] + high[axis]) / 2)
                })
            }
        }
    }

    fn draw(&self, plane: &Plane, across: usize, mut put: impl FnMut(usize, usize, [u8; 3], Option<&LabelClass>)) {
        let mut classes: [Option<&LabelClass>; 256] = [None; 256];
        self.labels.classes.iter().for_each(|class| classes[usize::from(class.label)] = Some(class));
        let spacing = self.labels.grid.spacing();
        let (columns, rows) = (self.volume.shape[plane.right], self.volume.shape[plane.down]);
        let (wide, high) = (spacing[plane.right] * columns as f64, spacing[plane.down] * rows as f64);
        let scale = wide.max(high) / PANEL as f64;
        let (width, height) = ((wide / scale) as usize, (high / scale) as usize);
        let [centre, range] = self.window;
        for y in 0..height.clamp(1, PANEL) {
            for x in 0..width.clamp(1, PANEL) {
                let column = (x * columns / width.max(1)).min(columns - 1);
                let row = (y * rows / height.max(1)).min(rows - 1);
                let mut place = [across; 3];
                place[plane.right] = column;
                place[plane.down] = if plane.upside_down { rows - 1 - row } else { row };
                let value = f64::from(self.volume.get(place));
                let grey = ((value - centre) / range + 0.5).clamp(0.0, 1.0) as f32 * 255.0;
                let class = classes[usize::from(self.labels.volume.get(place))];
                let (tint, over) = class.map_or((0.0, [0; 3]), |class| {
                    (if class.finding { FINDING_TINT } else { TINT }, class.colour)
                });
                let colour = over.map(|part| (grey * (1.0 - tint) + f32::from(part) * tint) as u8);
                put(x, y, colour, class);
            }
        }
    }
}
