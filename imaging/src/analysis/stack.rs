//! From images to a stack: which images of a series make one volume, in which order, and what had to be left out.
//!
//! Images are sorted along their common normal (PS3.3 C.7.6.2.1.1). Whatever does not fit one regular lattice is left out and told.

use super::grid::{Grid, Vec3, dot, length, minus, scaled};
use super::header::ImageHeader;
use super::{AnalysisError, Kind};

/// More images than any series that people read.
pub const MAX_IMAGES: usize = 20_000;
/// Different geometries in one series that are told apart; what comes beyond is left out.
const MAX_GROUPS: usize = 64;
/// The longest edge of a volume, in mm: twice a tall person.
const LONGEST: f64 = 4000.0;
/// Distances between slices that differ by less than this part are the same.
const TOLERANCE: f64 = 0.1;
/// Slices at the same place, in mm.
const SAME_PLACE: f64 = 0.01;
/// Directions that differ by less than about one degree are the same.
const SAME_DIRECTION: f64 = 0.9998;
/// Degrees between the normal and the way from slice to slice from which the gantry was tilted.
const TILT: f64 = 0.5;

/// The images that make one volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    pub kind: Kind,
    /// Columns, rows and slices, as they are in the files.
    pub grid: Grid,
    /// Whether the images say how large their pixels are; else lengths count pixels.
    pub scaled: bool,
    /// Which of the given images is which slice.
    pub order: Vec<usize>,
    pub warnings: Vec<String>,
}

impl Stack {
    /// Makes a stack of the images of one series.
    ///
    /// # Errors
    /// `Empty`, `NotAnalysed` for what is no CT, MR or radiograph, `Geometry` when the headers say nothing that can be or too much.
    pub fn of(headers: &[ImageHeader]) -> Result<Self, AnalysisError> {
        let first = headers.first().ok_or(AnalysisError::Empty)?;
        if headers.len() > MAX_IMAGES {
            return Err(AnalysisError::Geometry(format!("more than {MAX_IMAGES} images")));
        }
        let kind = Kind::of(&first.modality)?;
        let grey: Vec<usize> = (0..headers.len())
            .filter(|at| !headers[*at].colour && headers[*at].modality == first.modality)
            .collect();
        let mut warnings = left_out(headers.len() - grey.len(), "are in colour or of another modality");
        if grey.is_empty() {
            return Err(AnalysisError::NotAnalysed("pictures in colour".to_owned()));
        }
        let mut stack = match kind {
            Kind::Radiograph => radiograph(headers, &grey)?,
            Kind::Ct | Kind::Mr => volume(headers, grey, kind)?,
        };
        warnings.append(&mut stack.warnings);
        stack.warnings = warnings;
        let edges: Vec3 = std::array::from_fn(|axis| stack.grid.spacing()[axis] * stack.grid.shape[axis] as f64);
        if edges.iter().any(|edge| *edge > LONGEST) {
            let edges = edges.map(f64::round);
            return Err(AnalysisError::Geometry(format!(
                "a volume of {edges:?} mm, longer than {LONGEST} mm"
            )));
        }
        Ok(stack)
    }
}

fn left_out(count: usize, why: &str) -> Vec<String> {
    match count {
        0 => Vec::new(),
        1 => vec![format!("1 image was left out: such images {why}.")],
        count => vec![format!("{count} images were left out: they {why}.")],
    }
}

/// A radiograph is a projection: its plane is kept, with the patient facing the viewer, and its depth means nothing.
fn radiograph(headers: &[ImageHeader], grey: &[usize]) -> Result<Stack, AnalysisError> {
    let image = grey.first().copied().ok_or(AnalysisError::Empty)?;
    let header = &headers[image];
    let mut warnings = left_out(
        grey.len() - 1,
        "follow the first radiograph of the series, which alone is analysed",
    );
    let [between_rows, between_columns] = header.spacing.unwrap_or_else(|| {
        warnings.push("The image says nothing of its scale: lengths and areas count pixels as millimetres.".to_owned());
        [1.0, 1.0]
    });
    let grid = Grid {
        shape: [header.columns as usize, header.rows as usize, 1],
        origin: [0.0; 3],
        axes: [[between_columns, 0.0, 0.0], [0.0, 0.0, -between_rows], [0.0, 1.0, 0.0]],
    };
    Ok(Stack {
        kind: Kind::Radiograph,
        grid,
        scaled: header.spacing.is_some(),
        order: vec![image],
        warnings,
    })
}

fn volume(headers: &[ImageHeader], grey: Vec<usize>, kind: Kind) -> Result<Stack, AnalysisError> {
    let given = grey.len();
    let original: Vec<usize> = grey.into_iter().filter(|at| !headers[*at].secondary).collect();
    let mut warnings = left_out(
        given - original.len(),
        "are localizers, projections or captures of a screen",
    );
    if original.is_empty() {
        return Err(AnalysisError::Geometry(
            "all images are localizers, projections or captures of a screen".to_owned(),
        ));
    }
    let placed: Vec<usize> = original.iter().copied().filter(|at| Plane::of(&headers[*at]).is_some()).collect();
    warnings.extend(left_out(
        original.len() - placed.len(),
        "have no usable position, orientation or pixel spacing",
    ));
    let Some((plane, group)) = largest_group(headers, &placed) else {
        let what = "no image has a usable position, orientation and pixel spacing";
        return Err(AnalysisError::Geometry(what.to_owned()));
    };
    warnings.extend(left_out(
        placed.len() - group.len(),
        "have another orientation, size or spacing than most of the series",
    ));
    let slices = sorted(headers, group, plane.normal, &mut warnings);
    let (slices, step) = regular_run(slices, &mut warnings);
    let grid = plane.grid(headers, &slices, step, &mut warnings);
    Ok(Stack {
        kind,
        grid,
        scaled: true,
        order: slices.iter().map(|slice| slice.image).collect(),
        warnings,
    })
}

/// What all slices of a volume have in common.
#[derive(Debug, Clone, Copy)]
struct Plane {
    rows: u32,
    columns: u32,
    spacing: [f64; 2],
    orientation: [Vec3; 2],
    normal: Vec3,
}

#[derive(Debug, Clone, Copy)]
struct Slice {
    image: usize,
    position: Vec3,
    /// Along the normal, in mm.
    height: f64,
}

impl Plane {
    fn of(header: &ImageHeader) -> Option<Self> {
        header.position?;
        Some(Self {
            rows: header.rows,
            columns: header.columns,
            spacing: header.spacing?,
            orientation: header.orientation?,
            normal: header.normal()?,
        })
    }

    fn is_like(&self, other: &Self) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= 0.01 * a.abs();
        (self.rows, self.columns) == (other.rows, other.columns)
            && (0..2).all(|axis| near(self.spacing[axis], other.spacing[axis]))
            && (0..2).all(|axis| dot(self.orientation[axis], other.orientation[axis]) > SAME_DIRECTION)
    }

    fn grid(&self, headers: &[ImageHeader], slices: &[Slice], step: f64, warnings: &mut Vec<String>) -> Grid {
        let (first, last) = (slices[0], slices[slices.len() - 1]);
        let across = match slices.len() {
            1 => {
                let thickness = headers[first.image].thickness.unwrap_or_else(|| {
                    warnings.push("The single slice says nothing of its thickness: 1 mm was taken.".to_owned());
                    1.0
                });
                scaled(self.normal, thickness)
            }
            count => scaled(minus(last.position, first.position), 1.0 / (count - 1) as f64),
        };
        let tilt = (dot(across, self.normal) / length(across)).clamp(-1.0, 1.0).acos().to_degrees();
        if tilt > TILT {
            warnings.push(format!(
                "The slices are sheared by {tilt:.1} degrees (gantry tilt): volumes and positions are right, shapes and distances \
                 across slices are approximate."
            ));
        }
        let from_line = |(at, slice): (usize, &Slice)| {
            length(minus(minus(slice.position, first.position), scaled(across, at as f64)))
        };
        if slices.iter().enumerate().map(from_line).fold(0.0, f64::max) > 1.0 + step * TOLERANCE {
            warnings.push("The slices do not lie on one straight line: positions are approximate.".to_owned());
        }
        let [row, column] = self.orientation;
        Grid {
            shape: [self.columns as usize, self.rows as usize, slices.len()],
            origin: first.position,
            axes: [scaled(row, self.spacing[1]), scaled(column, self.spacing[0]), across],
        }
    }
}

fn largest_group(headers: &[ImageHeader], placed: &[usize]) -> Option<(Plane, Vec<usize>)> {
    let mut groups: Vec<(Plane, Vec<usize>)> = Vec::new();
    for &image in placed {
        let Some(plane) = Plane::of(&headers[image]) else {
            continue;
        };
        match groups.iter().position(|(other, _)| other.is_like(&plane)) {
            Some(at) => groups[at].1.push(image),
            None if groups.len() < MAX_GROUPS => groups.push((plane, vec![image])),
            None => {}
        }
    }
    // Of equally large groups the first one.
    groups.into_iter().rev().max_by_key(|(_, images)| images.len())
}

/// The slices from one end to the other, each place once.
fn sorted(headers: &[ImageHeader], group: Vec<usize>, normal: Vec3, warnings: &mut Vec<String>) -> Vec<Slice> {
    let slice = |image: usize| {
        let position = headers[image].position?;
        Some(Slice {
            image,
            position,
            height: dot(position, normal),
        })
    };
    let mut slices: Vec<Slice> = group.into_iter().filter_map(slice).collect();
    slices.sort_by(|a, b| a.height.total_cmp(&b.height));
    let given = slices.len();
    slices.dedup_by(|next, kept| (next.height - kept.height).abs() < SAME_PLACE);
    warnings.extend(left_out(
        given - slices.len(),
        "show a place that another image shows already (phases, echoes or copies)",
    ));
    slices
}

/// The longest run of slices at equal distances, and that distance (0 for a single slice).
fn regular_run(slices: Vec<Slice>, warnings: &mut Vec<String>) -> (Vec<Slice>, f64) {
    if slices.len() < 2 {
        return (slices, 0.0);
    }
    let steps: Vec<f64> = slices.windows(2).map(|pair| pair[1].height - pair[0].height).collect();
    let mut sorted = steps.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    let regular = |step: f64| (step - median).abs() <= TOLERANCE * median + SAME_PLACE;
    let (mut best, mut start) = (0..1, 0);
    for at in 0..=steps.len() {
        if at == steps.len() || !regular(steps[at]) {
            if at + 1 - start > best.len() {
                best = start..at + 1;
            }
            start = at + 1;
        }
    }
    let gaps = steps.iter().filter(|step| !regular(**step)).count();
    if gaps > 0 {
        let count = slices.len();
        warnings.push(format!(
            "The slices are {median:.2} mm apart with {gaps} irregular gaps or overlaps: only the longest regular run of {} of {count} \
             slices was analysed.",
            best.len()
        ));
    }
    (slices[best].to_vec(), median)
}
