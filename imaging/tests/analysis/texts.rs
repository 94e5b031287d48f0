//! What people and simple clients are told: the report, the summary of S2-60..63, JSON, and pictures.

use imaging::analysis::{Label, REPORT_TYPE, Results};

use crate::phantoms::{Chest, Head, Phantom, ball, chest, head};

fn bleeding() -> Phantom {
    head(&Head {
        spacing: 4.0,
        lesions: vec![ball([-32.0, -10.0, 60.0], 24.0, 68.0)],
        ..Head::default()
    })
}

#[test]
fn s2_58_the_report_says_that_it_is_an_unverified_aid_with_methods_and_sources() {
    assert_eq!(REPORT_TYPE, "AI Preliminary Report");
    let report = bleeding().analyze().expect("a CT").results.report();
    assert!(report.findings.contains("unverified aid"));
    assert!(report.findings.contains("Gantry; densities after Parizel et al., Eur Radiol 11:1770-1783 (2001)"));
    assert!(report.findings.contains("Candidates for findings:\n- Dense region within the skull, "));
    assert!(report.findings.contains("Not looked for:\n- solid lung nodules"));
    assert!(report.impression.starts_with("1 candidate to look at:\n- Dense region within the skull"));
    assert!(report.impression.ends_with("needs review by a physician."));
}

#[test]
fn a_report_without_findings_lists_what_was_looked_for_and_never_says_normal() {
    let report = chest(&Chest::default()).analyze().expect("a CT").results.report();
    assert!(
        report
            .impression
            .starts_with("This software found none of the things that it looks for here: solid lung nodules")
    );
    assert!(report.impression.contains("does not exclude"));
    let all = (report.findings + &report.impression).to_lowercase();
    for word in ["normal", "healthy", "unremarkable", "nan", "inf "] {
        assert!(!all.contains(word), "{word}: {all}");
    }
}

#[test]
fn s2_60_to_63_the_middle_slice_is_accounted_for_on_256_pixels() {
    let summary = bleeding().analyze().expect("a CT").results.summary;
    assert_eq!(
        (summary.image_shape, summary.processed_shape),
        ([1, 256, 256], [1, 256, 256, 1])
    );
    assert!((1..=5).contains(&summary.structures.len()));
    assert!(
        summary
            .structures
            .iter()
            .all(|region| region.area > 100 && (0.0..=1.0).contains(&region.eccentricity))
    );
    assert_eq!(summary.structures[0].label, Label::Intracranial as u8);
    assert!(summary.std_intensity > 0.0 && summary.mean_intensity.is_finite());
}

#[test]
fn results_survive_json() {
    let results = bleeding().analyze().expect("a CT").results;
    let json = serde_json::to_value(&results).expect("it is JSON");
    assert_eq!(json["findings"][0]["kind"], "intracranial_high_density");
    assert_eq!(
        serde_json::from_value::<Results>(json).expect("it is JSON of results"),
        results
    );
}

#[test]
fn a_montage_shows_three_planes_and_the_finding_in_its_colour() {
    let montage = bleeding().analyze().expect("a CT").montage();
    assert_eq!(
        (montage.picture.width, montage.picture.height),
        (3 * 392 + 8, 384 + 20 + 24)
    );
    let labels: Vec<u8> = montage.legend.iter().map(|entry| entry.label).collect();
    assert!(labels.contains(&(Label::Finding as u8)) && labels.contains(&(Label::Bone as u8)) && labels.is_sorted());
    let red = montage
        .picture
        .bytes()
        .chunks_exact(3)
        .filter(|rgb| rgb[0] > 180 && rgb[1] < 90 && rgb[2] < 90)
        .count();
    assert!(red > 300, "{red}");
    assert!(montage.png().expect("a PNG").starts_with(b"\x89PNG"));
}
