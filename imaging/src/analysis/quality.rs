//! Whether an image can be trusted: values cut off at an end of their range, exposure, and sides that differ. These are about the image
//! more than about the patient, and the findings say so.

use super::results::{Finding, FindingKind, Measurement, Method, Search};
use super::{Kind, Series};

/// The part of the middle of an image that may have an extreme value before it counts as clipped.
const CLIPPED: f64 = 0.02;
/// IEC 62494-1 and AAPM TG-116: beyond three the exposure is to be repeated or investigated.
const DEVIATION: f64 = 3.0;

/// What a check adds.
#[derive(Default)]
pub struct Checks {
    pub findings: Vec<Finding>,
    pub measurements: Vec<Measurement>,
    pub searches: Vec<Search>,
}

/// A finding about the whole image.
pub fn whole_image(kind: FindingKind, description: String, confidence: f64, method: Method) -> Finding {
    Finding {
        kind,
        description,
        location: "whole image".to_owned(),
        position: None,
        image: None,
        diameter_mm: None,
        volume_ml: None,
        mean: None,
        confidence,
        method,
    }
}

impl Checks {
    pub fn looked_for(&mut self, what: &str, skipped: Option<&str>) {
        self.searches.push(Search {
            what: what.to_owned(),
            skipped: skipped.map(str::to_owned),
        });
    }

    pub fn measured(&mut self, name: &str, value: f64, unit: &str, method: &Method) {
        self.measurements.push(Measurement {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            method: method.clone(),
        });
    }

    /// The part of the samples of the middle half of the images, in each direction, at the ends of the range that can be stored.
    /// Air has no signal in MR, so that only the bright end says something there.
    pub fn clipping(&mut self, series: &Series) {
        let method = Method::new(
            "Share of samples at the least and greatest stored value, in the middle half of the images",
            "AAPM Report 151 (2015), clipping of digital radiographs; threshold of 2 % by Gantry",
        );
        let counted = series.loaded.clipping;
        let share = |count: u64| count as f64 / counted.samples.max(1) as f64;
        let ends = [("brightest", counted.at_greatest), ("darkest", counted.at_least)];
        let ends = if series.stack.kind == Kind::Mr {
            &ends[..1]
        } else {
            &ends[..]
        };
        for &(end, count) in ends {
            let share = share(count);
            self.measured(&format!("samples at the {end} value"), share * 100.0, "%", &method);
            if share > CLIPPED {
                let text = format!(
                    "{:.1} % of the middle of the image has the {end} value that can be stored: detail there is lost.",
                    share * 100.0
                );
                self.findings.push(whole_image(
                    FindingKind::Clipping,
                    text,
                    (0.5 + share).min(0.95),
                    method.clone(),
                ));
            }
        }
        self.looked_for("clipping of extreme values", None);
    }

    /// The deviation index that the system itself wrote.
    pub fn exposure(&mut self, series: &Series) {
        const WHAT: &str = "exposure far from its target";
        let Some(index) = series.header.deviation_index else {
            return self.looked_for(WHAT, Some("the image has no Deviation Index (0018,1413)"));
        };
        let method = Method::new(
            "Deviation Index (0018,1413) of the radiographic system",
            "IEC 62494-1 (2008); AAPM Report 116 (2009), table 2",
        );
        self.measured("deviation index", index, "1", &method);
        if index.abs() > DEVIATION {
            let word = if index > 0.0 { "over" } else { "under" };
            let text = format!("The deviation index is {index:.1}: {word}exposed beyond the limit of {DEVIATION}.");
            self.findings.push(whole_image(FindingKind::Exposure, text, 0.9, method));
        }
        self.looked_for(WHAT, None);
    }

    /// The difference of the means of both sides, as a part of `scale`, against a limit.
    pub fn symmetry(
        &mut self,
        [lower_side, upper_side]: [f64; 2],
        scale: f64,
        limit: f64,
        sides: [&str; 2],
        method: &Method,
    ) {
        let difference = (upper_side - lower_side) / scale.max(f64::MIN_POSITIVE);
        self.measured("difference between the sides", difference * 100.0, "%", method);
        if difference.abs() > limit {
            let brighter = sides[usize::from(difference > 0.0)];
            let text = format!(
                "{brighter} is brighter by {:.0} % (limit {:.0} %): positioning, coils or a difference between the sides.",
                difference.abs() * 100.0,
                limit * 100.0
            );
            let confidence = (0.4 + (difference.abs() - limit)).min(0.8);
            self.findings.push(whole_image(FindingKind::Asymmetry, text, confidence, method.clone()));
        }
        self.looked_for("a marked difference of brightness between left and right", None);
    }
}
