//! CT: tissues by their Hounsfield units, lungs and the inside of the skull by their shape, and candidates that a person should look at.

mod airway;
mod body;
mod density;
mod head;
mod lungs;
mod nodules;
mod place;
mod tissue;

use super::grid::Volume;
use super::labels::Label;
use super::morphology::smoothed;
use super::quality::Checks;
use super::results::{Finding, Method};
use super::{Cancelled, Seen, Series, Stage};

/// Findings of one kind that are listed; more of them are a diffuse change or an error of the method.
const MOST_FINDINGS: usize = 10;
/// A shorter volume shows no organ whole: structures are measured, nothing is looked for.
const SHORTEST: f64 = 30.0;

/// A finding with its voxels.
struct Candidate {
    finding: Finding,
    voxels: Vec<usize>,
}

pub fn see(series: &Series) -> Result<Seen, Cancelled> {
    let progress = series.progress;
    progress(Stage::Structures, 0.0)?;
    let hu = &series.loaded.volume;
    let mut warnings = Vec::new();
    let body = body::of(series);
    if body::is_cut(&body) {
        warnings
            .push("The body reaches beyond the field of view: volumes are those of the part that is shown.".to_owned());
    }
    progress(Stage::Structures, 0.2)?;
    let smooth = smoothed(hu);
    progress(Stage::Structures, 0.35)?;
    let lungs = lungs::of(series, &body, &smooth, &mut warnings);
    progress(Stage::Structures, 0.7)?;
    let bone = tissue::bone(series, &body);
    let head = head::of(series, &body, &bone);
    if head.as_ref().is_some_and(head::Head::is_open) {
        let told = "The inside of the skull is known only where bone encloses it: it ends below the vertex, at an opening of the skull or at the end \
                    of the images. Its volume and the search within it are of that part.";
        warnings.push(told.to_owned());
    }
    progress(Stage::Structures, 0.9)?;
    let mut labels = tissue::labels(hu, &body, &bone, lungs.as_ref(), head.as_ref());

    progress(Stage::Findings, 0.0)?;
    let mut checks = Checks::default();
    if let Some(lungs) = &lungs {
        lungs::measure(series, lungs, &mut checks);
    }
    let mut candidates = Vec::new();
    let short = series.height() < SHORTEST || series.stack.order.len() < 3;
    let why_short = short.then_some("the series covers less than 30 mm");
    if let Some(why) = missing(why_short, lungs.is_none(), "no lungs were found") {
        checks.looked_for(nodules::WHAT, Some(why));
        checks.looked_for(density::LOW, Some(why));
    } else if let Some(lungs) = &lungs {
        candidates.extend(limited(nodules::find(series, lungs, &mut checks), &mut warnings));
        progress(Stage::Findings, 0.5)?;
        candidates.extend(limited(
            density::low(series, lungs, &smooth, &mut checks),
            &mut warnings,
        ));
    }
    if let Some(why) = missing(why_short, head.is_none(), "no inside of a skull was found") {
        checks.looked_for(head::WHAT, Some(why));
    } else if let Some(head) = &head {
        candidates.extend(limited(head::find(series, head, &smooth, &mut checks), &mut warnings));
    }
    progress(Stage::Findings, 0.8)?;
    candidates.extend(limited(density::material(series, &body, &mut checks), &mut warnings));
    for voxel in candidates.iter().flat_map(|candidate| &candidate.voxels) {
        labels.data[*voxel] = Label::Finding as u8;
    }
    Ok(Seen {
        labels,
        methods: tissue::methods(),
        findings: candidates.into_iter().map(|candidate| candidate.finding).collect(),
        measurements: checks.measurements,
        searches: checks.searches,
        warnings,
        // Lungs and soft tissue at once.
        window: if head.is_some() {
            [40.0, 100.0]
        } else {
            [-150.0, 1500.0]
        },
    })
}

fn missing<'a>(short: Option<&'a str>, absent: bool, why: &'a str) -> Option<&'a str> {
    short.or(absent.then_some(why))
}

/// The surest of the candidates; how many there were is told.
fn limited(mut candidates: Vec<Candidate>, warnings: &mut Vec<String>) -> Vec<Candidate> {
    candidates.sort_by(|a, b| b.finding.confidence.total_cmp(&a.finding.confidence));
    if candidates.len() > MOST_FINDINGS {
        warnings.push(format!(
            "{} candidates of one kind were found and the {MOST_FINDINGS} surest are listed: so many are a diffuse change or an error \
             of the method.",
            candidates.len()
        ));
        candidates.truncate(MOST_FINDINGS);
    }
    candidates
}

/// The diameter of the ball of a volume, in mm.
fn diameter_mm(ml: f64) -> f64 {
    (ml * 1000.0 * 6.0 / std::f64::consts::PI).cbrt()
}

/// Mean of the values of the voxels.
fn mean(values: &Volume<f32>, voxels: &[usize]) -> f64 {
    voxels.iter().map(|at| f64::from(values.data[*at])).sum::<f64>() / voxels.len().max(1) as f64
}

fn method(name: &str, source: &str) -> Method {
    Method::new(name, source)
}
