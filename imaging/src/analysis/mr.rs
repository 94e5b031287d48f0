//! MR: intensities have no unit, so that only what gives signal, clipping, and the two sides are measured.

use super::components::{Components, Neighbours};
use super::labels::Label;
use super::morphology::{dilated, eroded, filled};
use super::quality::Checks;
use super::results::Method;
use super::statistics::Histogram;
use super::{Cancelled, Seen, Series, Stage};

/// Difference of the halves of a head beyond that of coils and positioning: surface coils make up to a fifth.
const ASYMMETRY: f64 = 0.35;

pub fn see(series: &Series) -> Result<Seen, Cancelled> {
    (series.progress)(Stage::Structures, 0.0)?;
    let volume = &series.loaded.volume;
    let greatest = volume.data.iter().copied().fold(0.0f32, f32::max);
    let least = volume.data.iter().copied().fold(f32::INFINITY, f32::min);
    let coarse = Histogram::of(volume.data.iter().copied(), least, greatest, 4096);
    // A few very bright vessels must not decide where the bins lie.
    let top = coarse.quantile(0.995);
    let histogram = Histogram::of(volume.data.iter().copied(), least, top, 512);
    // Half of Otsu's threshold: it parts dark tissue from bright, and air lies far below dark tissue.
    let threshold = least + (histogram.otsu() - least) / 2.0;
    let signal = volume.map(|value| value > threshold);
    let (fine, wide) = (series.reach(1.0), series.reach(5.0));
    // Without specks of noise, and across cortical bone, which is as dark as air and parts scalp from brain.
    let opened = dilated(&eroded(&signal, fine), fine);
    let closed = eroded(&dilated(&opened, wide), wide);
    let found = Components::of(&closed, Neighbours::Faces);
    let largest = found.largest().map(|largest| largest.label);
    let body = filled(&found.mask(|part| Some(part.label) == largest));
    let labels = body.map(|inside| {
        if inside {
            Label::Body as u8
        } else {
            Label::Outside as u8
        }
    });
    let method = Method::new(
        "Half of Otsu's threshold, opened by 1 mm and closed by 5 mm, largest component, holes filled in each axial slice",
        "Otsu, IEEE Trans SMC 9:62-66 (1979)",
    );

    (series.progress)(Stage::Findings, 0.0)?;
    let mut checks = Checks::default();
    checks.clipping(series);
    let head = ["HEAD", "BRAIN", "SKULL"].contains(&series.header.body_part.as_str());
    let halves = head.then(|| halves(&body, volume)).flatten();
    match halves {
        Some(means) => {
            let method = Method::new(
                "Asymmetry index 2 (L - R) / (L + R) of the mean intensities of the halves of the head",
                "Kurth, Gaser and Luders, Nat Protoc 10:293-304 (2015); limit 35 % by Gantry",
            );
            let names = ["The patient's right half", "The patient's left half"];
            checks.symmetry(means, (means[0] + means[1]) / 2.0, ASYMMETRY, names, &method);
        }
        None => {
            let why = "the series is not said to be of a head, or shows no two halves";
            checks.looked_for("a marked difference of brightness between left and right", Some(why));
        }
    }
    let window = f64::from(top - least).max(1.0);
    Ok(Seen {
        labels,
        methods: vec![(Label::Body, method)],
        findings: checks.findings,
        measurements: checks.measurements,
        searches: checks.searches,
        warnings: Vec::new(),
        window: [f64::from(least) + window / 2.0, window],
    })
}

/// The mean intensities right and left of the middle of what gives signal; `None` when it is too narrow to have halves.
fn halves(body: &super::grid::Mask, volume: &super::Volume<f32>) -> Option<[f64; 2]> {
    let (low, high) = body.bounds()?;
    if high[0] - low[0] < 20 {
        return None;
    }
    let middle = (low[0] + high[0]) as f64 / 2.0;
    let mut sums = [(0.0f64, 0.0f64); 2];
    for (at, inside) in body.data.iter().enumerate() {
        if *inside {
            let side = &mut sums[usize::from(body.place(at)[0] as f64 > middle)];
            side.0 += f64::from(volume.data[at]);
            side.1 += 1.0;
        }
    }
    Some(sums.map(|(sum, count)| sum / f64::max(count, 1.0)))
}
