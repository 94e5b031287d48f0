//! The results as a preliminary report in plain English: what was measured and how, what was looked for, and what it is worth.

use std::fmt::Write;

use super::Kind;
use super::results::{Finding, Method, Results, Search, Structure};

/// The type of the report (S2-58).
pub const REPORT_TYPE: &str = "AI Preliminary Report";

const AID: &str = "It is an unverified aid: a physician must look at the images, and nothing here is a diagnosis.";

/// Findings and impression of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportText {
    pub findings: String,
    pub impression: String,
}

impl Results {
    /// The report on these results alone.
    pub fn report(&self) -> ReportText {
        ReportText {
            findings: self.findings_text(),
            impression: self.impression_text(),
        }
    }

    fn findings_text(&self) -> String {
        let mut sections = vec![self.author(), self.technique()];
        if !self.structures.is_empty() {
            sections.push(list("Structures:", self.structures.iter().map(structure)));
        }
        if !self.measurements.is_empty() {
            let measured = self.measurements.iter();
            sections.push(list(
                "Measurements:",
                measured.map(|m| {
                    format!("{}: {} {}", capital(&m.name), number(m.value), unit(&m.unit)).trim_end().to_owned()
                }),
            ));
        }
        if !self.findings.is_empty() {
            sections.push(list("Candidates for findings:", self.findings.iter().map(finding)));
        }
        let done = self.searches.iter().filter(|search| search.skipped.is_none());
        sections.push(list("Looked for:", done.map(|search| search.what.clone())));
        let skipped = self.searches.iter().filter_map(skipped);
        sections.push(list("Not looked for:", skipped));
        sections.push(list("Limits of this series:", self.warnings.iter().cloned()));
        sections.push(list("Methods:", self.methods().into_iter().map(cited)));
        sections.retain(|section| !section.is_empty());
        sections.join("\n\n")
    }

    fn author(&self) -> String {
        match &self.model {
            None => format!("This text was written by software without training on patients. {AID}"),
            Some(model) => format!(
                "This text was written from what the trained model {} {} gave ({}). {AID}",
                model.name, model.version, model.source
            ),
        }
    }

    fn technique(&self) -> String {
        let given = &self.preprocessing;
        let of = match self.kind {
            Kind::Ct => "CT series",
            Kind::Mr => "MR series",
            Kind::Radiograph => "radiograph",
        };
        let [columns, rows, slices] = given.source_shape;
        let spacing = given.source_spacing.map(|mm| format!("{mm:.2}"));
        let mut text = format!(
            "Technique: {of}, {} of {} images used",
            given.images_used, given.images_given
        );
        // Writing to a String cannot fail.
        let _ = match self.kind {
            Kind::Radiograph => write!(text, ", {columns} x {rows} pixels."),
            _ => write!(
                text,
                ", {columns} x {rows} x {slices} voxels of {} mm, analysed at {:.2} mm.",
                spacing.join(" x "),
                given.spacing.iter().copied().fold(f64::INFINITY, f64::min)
            ),
        };
        text
    }

    fn impression_text(&self) -> String {
        let searched: Vec<&str> =
            self.searches.iter().filter(|s| s.skipped.is_none()).map(|s| s.what.as_str()).collect();
        let mut text = match (self.findings.len(), searched.is_empty()) {
            (0, true) => "Nothing was looked for in this series; see the reasons in the findings.".to_owned(),
            (0, false) => format!(
                "This software found none of the things that it looks for here: {}. It does not look for anything else, and finding \
                 none does not exclude any.",
                searched.join("; ")
            ),
            (count, _) => {
                let heading = if count == 1 {
                    "1 candidate to look at:"
                } else {
                    &format!("{count} candidates to look at:")
                };
                list(
                    heading,
                    self.findings.iter().map(|f| format!("{} Location: {}.", f.description, f.location)),
                )
            }
        };
        text.push_str("\n\nUnverified aid; needs review by a physician.");
        text
    }

    /// Every method once, in the order of the results.
    fn methods(&self) -> Vec<&Method> {
        let mut methods: Vec<&Method> = Vec::new();
        let structures = self.structures.iter().map(|structure| &structure.method);
        let measured = self.measurements.iter().map(|measurement| &measurement.method);
        for method in structures.chain(measured).chain(self.findings.iter().map(|finding| &finding.method)) {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        methods
    }
}

/// A heading with its lines; nothing when there are none.
fn list(heading: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| format!("- {line}")).collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("{heading}\n{}", lines.join("\n"))
}

fn structure(structure: &Structure) -> String {
    let size = match (structure.volume_ml, structure.area_mm2) {
        (Some(ml), _) => format!("{} ml", number(ml)),
        (None, Some(mm2)) => format!("{} cm2", number(mm2 / 100.0)),
        (None, None) => format!("{} voxels", structure.voxels),
    };
    format!("{}: {size}, mean {}", capital(&structure.name), number(structure.mean))
}

fn finding(finding: &Finding) -> String {
    let mut text = format!("{} Location: {}", finding.description, finding.location);
    if let Some([x, y, z]) = finding.position {
        let _ = write!(text, ", at ({x:.0}, {y:.0}, {z:.0}) mm");
    }
    if let Some(image) = finding.image {
        let _ = write!(text, ", image {}", image + 1);
    }
    let _ = write!(text, ". Confidence {:.0} %.", finding.confidence * 100.0);
    text
}

fn skipped(search: &Search) -> Option<String> {
    search.skipped.as_ref().map(|why| format!("{}: {why}", search.what))
}

fn cited(method: &Method) -> String {
    format!("{} ({})", method.name, method.source)
}

/// Three significant digits are more than any of these methods deserves.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// UCUM as people write it.
fn unit(ucum: &str) -> &str {
    match ucum {
        "mL" => "ml",
        "[hnsf'U]" => "HU",
        "1" => "",
        other => other,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
