//! Radiographs: projections, in which only areas, exposure and the two sides can be measured. Dense and lucent regions are parted by one
//! threshold; what they are is for people to say.

use super::labels::Label;
use super::morphology::{dilated, eroded};
use super::quality::Checks;
use super::results::Method;
use super::statistics::Histogram;
use super::{Cancelled, Seen, Series, Stage};

/// Difference of the sides, as a part of the range of the image, that no positioning explains.
const ASYMMETRY: f64 = 0.25;

pub fn see(series: &Series) -> Result<Seen, Cancelled> {
    (series.progress)(Stage::Structures, 0.0)?;
    let volume = &series.loaded.volume;
    let [columns, rows, _] = volume.shape;
    let (least, greatest) = volume.data.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| {
        (low.min(*value), high.max(*value))
    });
    let histogram = Histogram::of(volume.data.iter().copied(), least, greatest, 1024);
    let threshold = histogram.otsu();
    let dense = volume.map(|value| value > threshold);
    let dense = dilated(&eroded(&dense, [1, 1, 0]), [1, 1, 0]);
    let flat = greatest <= least;
    let labels = dense.map(|dense| match (flat, dense) {
        (true, _) => Label::Outside as u8,
        (_, true) => Label::Dense as u8,
        (_, false) => Label::Lucent as u8,
    });
    let method = Method::new(
        "Otsu's threshold, opened by 3 x 3 pixels",
        "Otsu, IEEE Trans SMC 9:62-66 (1979)",
    );

    (series.progress)(Stage::Findings, 0.0)?;
    let mut checks = Checks::default();
    checks.clipping(series);
    checks.exposure(series);
    let range = [0.02, 0.98].map(|part| f64::from(histogram.quantile(part)));
    if ["CHEST", "THORAX"].contains(&series.header.body_part.as_str()) && !flat {
        // The middle of the image holds the lungs; borders, arms and markers are not the patient's sides.
        let side = |from: usize, to: usize| {
            let lines = rows / 5..rows - rows / 5;
            let sum = lines.clone().flat_map(|y| &volume.data[y * columns + from..y * columns + to]);
            let count = (lines.len() * (to - from)).max(1) as f64;
            sum.map(|value| f64::from(*value)).sum::<f64>() / count
        };
        let sides = [
            side(columns / 8, columns / 2),
            side(columns - columns / 2, columns - columns / 8),
        ];
        let method = Method::new(
            "Difference of the mean brightness of both halves between the margins, over the 2nd to 98th percentile",
            "Gantry; limit 25 %",
        );
        let names = ["The left half of the image", "The right half of the image"];
        checks.symmetry(sides, range[1] - range[0], ASYMMETRY, names, &method);
    } else {
        let why = "the image is not said to be a chest radiograph";
        checks.looked_for("a marked difference of brightness between left and right", Some(why));
    }
    let width = (range[1] - range[0]).max(1.0);
    Ok(Seen {
        labels,
        methods: vec![(Label::Dense, method.clone()), (Label::Lucent, method)],
        findings: checks.findings,
        measurements: checks.measurements,
        searches: checks.searches,
        warnings: Vec::new(),
        window: [(range[0] + range[1]) / 2.0, width],
    })
}
