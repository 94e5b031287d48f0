//! The network's answer in the words of results: labels on the pixels of the series, marks as findings with place, size and confidence,
//! scores as measurements and sentences.

use imaging::analysis::{
    Analysis, Code, Components, Finding, FindingKind, Kind, LabelClass, Measurement, Method, ModelName, Neighbours,
    Part, Said, Search, Volume,
};

use super::input::Prepared;
use super::output::Answer;
use crate::manifest::MAX_CLASSES;
use crate::{Class, HeatMap, Manifest, Score};

/// Findings of one heat map that are listed.
const MOST_FINDINGS: usize = 10;
/// For classes without a colour, one after the other.
const PALETTE: [[u8; 3]; 8] = [
    [80, 160, 235],
    [235, 205, 90],
    [70, 205, 190],
    [235, 150, 190],
    [165, 110, 230],
    [90, 180, 120],
    [230, 140, 80],
    [200, 200, 200],
];
const MARKED: [u8; 3] = [255, 40, 40];

pub fn said(manifest: &Manifest, of: &Analysis, prepared: &Prepared, answer: Answer) -> Said {
    let model = ModelName {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        source: manifest.source.clone(),
    };
    let method = Said::method(&model);
    let classes = manifest.output.labels.iter().flat_map(|map| &map.classes);
    let mut said = Said {
        model,
        labels: Volume::filled(of.volume.shape, 0),
        structures: classes.enumerate().map(|(at, class)| structure(class, PALETTE[at % PALETTE.len()])).collect(),
        marks: Vec::new(),
        findings: Vec::new(),
        measurements: Vec::new(),
        searches: Vec::new(),
        warnings: prepared.warnings.clone(),
    };
    let way = Way::of(of.volume.shape, prepared);
    if let Some(labels) = &answer.labels {
        way.each(|to, from| said.labels.data[to] = labels.data[from]);
    }
    for (number, (map, heat)) in manifest.output.heat_maps.iter().zip(&answer.heat).enumerate() {
        let label = MAX_CLASSES + 1 + number as u8;
        said.marks.push(LabelClass {
            label,
            name: map.finding.clone(),
            code: None,
            colour: map.colour.as_deref().and_then(colour).unwrap_or(MARKED),
            finding: true,
        });
        said.searches.push(search(&map.finding));
        marks(
            &mut said,
            &Marked {
                map,
                heat,
                label,
                of,
                prepared,
                way: &way,
                method: &method,
            },
        );
    }
    let scores = manifest.output.scores.iter().flat_map(|scores| &scores.classes);
    for (class, score) in scores.zip(&answer.scores) {
        score_of(&mut said, class, f64::from(*score), &method);
    }
    said
}

fn search(what: &str) -> Search {
    Search {
        what: what.to_owned(),
        skipped: None,
    }
}

fn structure(class: &Class, default: [u8; 3]) -> LabelClass {
    let code = class.code.as_ref().zip(class.meaning.as_ref());
    LabelClass {
        label: class.value,
        name: class.name.clone(),
        code: code.map(|(value, meaning)| Code {
            value: value.clone(),
            meaning: meaning.clone(),
        }),
        colour: class.colour.as_deref().and_then(colour).unwrap_or(default),
        finding: false,
    }
}

/// `#rrggbb`.
pub fn colour(text: &str) -> Option<[u8; 3]> {
    let digits = text
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.bytes().all(|d| d.is_ascii_hexdigit()))?;
    let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([r, g, b])
}

/// From each voxel of the analysis to the nearest one that the network saw.
struct Way {
    shape: [usize; 3],
    /// What each axis of the analysis adds to the position in memory.
    parts: [Vec<usize>; 3],
}

impl Way {
    fn of(shape: [usize; 3], prepared: &Prepared) -> Self {
        let ((order, turned), seen) = (prepared.way, prepared.volume.shape);
        let strides = [1, seen[0], seen[0] * seen[1]];
        let mut parts = [const { Vec::new() }; 3];
        for axis in 0..3 {
            let count = shape[order[axis]];
            let part = |index: usize| {
                let index = if turned[axis] { count - 1 - index } else { index };
                (2 * index + 1) * seen[axis] / (2 * count) * strides[axis]
            };
            parts[order[axis]] = (0..count).map(part).collect();
        }
        Self { shape, parts }
    }

    /// Calls `visit` with the position in memory of each voxel of the analysis and of what the network saw there.
    fn each(&self, mut visit: impl FnMut(usize, usize)) {
        let [columns, rows, slices] = self.shape;
        for z in 0..slices {
            for y in 0..rows {
                let (to, from) = ((z * rows + y) * columns, self.parts[2][z] + self.parts[1][y]);
                (0..columns).for_each(|x| visit(to + x, from + self.parts[0][x]));
            }
        }
    }
}

/// What one heat map marks.
struct Marked<'a> {
    map: &'a HeatMap,
    heat: &'a Volume<f32>,
    label: u8,
    of: &'a Analysis,
    prepared: &'a Prepared,
    way: &'a Way,
    method: &'a Method,
}

/// The connected regions above the threshold, the surest first.
fn marks(said: &mut Said, marked: &Marked) {
    let found = Components::of(&marked.heat.map(|score| score >= marked.map.threshold), Neighbours::All);
    let mut greatest = vec![0.0f32; found.parts.len() + 1];
    for (label, score) in found.labels.data.iter().zip(&marked.heat.data) {
        greatest[*label as usize] = greatest[*label as usize].max(*score);
    }
    let large = |part: &&Part| diameter_mm(marked, part) >= marked.map.smallest_mm;
    let mut parts: Vec<&Part> = found.parts.iter().filter(large).collect();
    parts.sort_by(|a, b| {
        greatest[b.label as usize].total_cmp(&greatest[a.label as usize]).then(b.voxels.cmp(&a.voxels))
    });
    if parts.len() > MOST_FINDINGS {
        said.warnings.push(format!(
            "The model marked {} regions as {} and the {MOST_FINDINGS} surest are listed: so many are a diffuse change or an error.",
            parts.len(),
            marked.map.finding
        ));
        parts.truncate(MOST_FINDINGS);
    }
    // Which of the listed parts each voxel of the analysis is in, and the mean of its intensities.
    let mut places = vec![None; found.parts.len() + 1];
    parts.iter().enumerate().for_each(|(at, part)| places[part.label as usize] = Some(at));
    let mut sums = vec![(0.0f64, 0u64); parts.len()];
    marked.way.each(|to, from| {
        if let Some(at) = places[found.labels.data[from] as usize] {
            said.labels.data[to] = marked.label;
            sums[at].0 += f64::from(marked.of.volume.data[to]);
            sums[at].1 += 1;
        }
    });
    let findings = parts.iter().zip(sums).map(|(part, (sum, count))| Finding {
        mean: (count > 0).then(|| sum / count as f64),
        ..finding(marked, part, f64::from(greatest[part.label as usize]))
    });
    said.findings.extend(findings);
}

fn is_projection(of: &Analysis) -> bool {
    of.results.kind == Kind::Radiograph
}

/// Of the ball, or on a projection of the disc, of the same size.
fn diameter_mm(marked: &Marked, part: &Part) -> f64 {
    let grid = &marked.prepared.grid;
    let voxels = part.voxels as f64;
    if is_projection(marked.of) {
        let area: f64 = (0..3).filter(|axis| grid.shape[*axis] > 1).map(|axis| grid.spacing()[axis]).product();
        return (voxels * area * 4.0 / std::f64::consts::PI).sqrt();
    }
    (voxels * grid.voxel_ml() * 1000.0 * 6.0 / std::f64::consts::PI).cbrt()
}

fn finding(marked: &Marked, part: &Part, score: f64) -> Finding {
    let point = marked.prepared.grid.point(part.centroid);
    let projection = is_projection(marked.of);
    let diameter = diameter_mm(marked, part);
    Finding {
        kind: FindingKind::MarkedByModel,
        description: format!(
            "Marked by the model as {}, diameter {diameter:.0} mm.",
            marked.map.finding
        ),
        location: location(marked.of, point),
        // A projection has no place in the patient.
        position: (!projection).then_some(point),
        image: marked.of.labels.image_at(point),
        diameter_mm: Some(diameter),
        volume_ml: (!projection).then(|| part.voxels as f64 * marked.prepared.grid.voxel_ml()),
        mean: None,
        confidence: score.clamp(0.0, 1.0),
        method: marked.method.clone(),
    }
}

/// By the structures of the engine's own methods, or in pixels on a radiograph.
fn location(of: &Analysis, point: [f64; 3]) -> String {
    if is_projection(of) {
        let [column, row, _] = of.labels.source.place_of(point).map(|index| index.round().max(0.0) + 1.0);
        return format!("column {column:.0}, row {row:.0} of the image");
    }
    match of.labels.class_at(point).filter(|class| !class.finding) {
        Some(class) => class.name.clone(),
        None => "outside of the structures that Gantry tells apart".to_owned(),
    }
}

fn score_of(said: &mut Said, class: &Score, score: f64, method: &Method) {
    let value = score.clamp(0.0, 1.0);
    said.measurements.push(Measurement {
        name: format!("score of {}", class.name),
        value,
        unit: "1".to_owned(),
        method: method.clone(),
    });
    let Some(threshold) = class.threshold.map(f64::from) else {
        return;
    };
    said.searches.push(search(&class.name));
    if value < threshold {
        return;
    }
    let sentence = class.sentence.as_deref().unwrap_or("The model gives {name} a score of {score} of 100.");
    said.findings.push(Finding {
        kind: FindingKind::MarkedByModel,
        description: sentence
            .replace("{score}", &format!("{:.0}", value * 100.0))
            .replace("{threshold}", &format!("{:.0}", threshold * 100.0))
            .replace("{name}", &class.name),
        location: "the whole series".to_owned(),
        position: None,
        image: None,
        diameter_mm: None,
        volume_ml: None,
        mean: None,
        confidence: value,
        method: method.clone(),
    });
}
