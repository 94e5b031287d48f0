//! CT: structures have the sizes they were made with, lesions are found where they were put, and nothing is found elsewhere.

use imaging::analysis::{Analysis, Finding, FindingKind, Label};

use crate::phantoms::{Chest, Head, Lesion, ball, chest, head};

fn of_kind(analysis: &Analysis, kind: FindingKind) -> Vec<&Finding> {
    analysis.results.findings.iter().filter(|finding| finding.kind == kind).collect()
}

fn ml(analysis: &Analysis, label: Label) -> f64 {
    let structure = analysis.results.structures.iter().find(|structure| structure.label == label as u8);
    structure.and_then(|structure| structure.volume_ml).unwrap_or(0.0)
}

fn measured(analysis: &Analysis, name: &str) -> f64 {
    analysis.results.measurements.iter().find(|m| m.name == name).expect("it is measured").value
}

/// Fails unless there is exactly one finding of that kind within 3 mm of the lesion, of its size within a quarter.
fn assert_found(analysis: &Analysis, kind: FindingKind, lesion: &Lesion) {
    let near = |finding: &&&Finding| {
        let position = finding.position.expect("it has a place");
        (0..3).all(|axis| (position[axis] - lesion.centre[axis]).abs() < 3.0)
    };
    let all = of_kind(analysis, kind);
    let found: Vec<_> = all.iter().filter(near).collect();
    assert_eq!(found.len(), 1, "{:?} of {all:?}", lesion.centre);
    let diameter = found[0].diameter_mm.expect("it has a size");
    let made = 2.0 * lesion.radii.iter().product::<f64>().cbrt();
    assert!(
        (diameter / made - 1.0).abs() < 0.25,
        "{diameter} mm instead of {made} mm"
    );
}

#[test]
fn a_chest_without_lesions_has_lungs_and_no_findings() {
    for (seed, noise) in [(7, 10.0), (21, 45.0)] {
        let analysis = chest(&Chest {
            seed,
            noise,
            ..Chest::default()
        })
        .analyze()
        .expect("it is a CT");
        assert_eq!(analysis.results.findings, [], "seed {seed}");
        assert!(analysis.results.searches.iter().filter(|search| search.skipped.is_none()).count() >= 3);
        let (left, right) = (ml(&analysis, Label::LeftLung), ml(&analysis, Label::RightLung));
        assert!(
            (1000.0..3000.0).contains(&left) && (1000.0..3000.0).contains(&right),
            "{left} {right}"
        );
        assert!(left < right + 200.0, "the heart lies on the left");
        assert!((8.0..90.0).contains(&ml(&analysis, Label::Airway)));
        assert!((-880.0..-840.0).contains(&measured(&analysis, "mean lung density")));
        assert!(measured(&analysis, "low attenuation area") < 2.0);
        for label in [Label::Bone, Label::Fat, Label::SoftTissue] {
            assert!(ml(&analysis, label) > 300.0, "{label:?}");
        }
        assert_eq!(ml(&analysis, Label::Intracranial), 0.0);
    }
}

#[test]
fn lungs_are_left_and_right_of_each_other() {
    let analysis = chest(&Chest::default()).analyze().expect("it is a CT");
    let centre = |label: Label| {
        analysis.results.structures.iter().find(|s| s.label == label as u8).expect("it is there").centroid
    };
    let (left, right) = (centre(Label::LeftLung), centre(Label::RightLung));
    assert!(
        (60.0..95.0).contains(&left[0]) && (-95.0..-60.0).contains(&right[0]),
        "{left:?} {right:?}"
    );
    let code = |label: Label| label.code().expect("it has one").value;
    assert_eq!(
        (code(Label::LeftLung), code(Label::RightLung)),
        ("44029006".into(), "3341006".into())
    );
}

#[test]
fn nodules_of_6_mm_and_more_are_found_among_vessels() {
    let lesions = vec![
        ball([-90.0, -35.0, 215.0], 6.0, 40.0),
        ball([105.0, 30.0, 120.0], 8.0, 40.0),
        ball([-80.0, 60.0, 110.0], 12.0, 60.0),
        ball([75.0, -50.0, 200.0], 20.0, 30.0),
    ];
    let analysis = chest(&Chest {
        lesions: lesions.clone(),
        spacing: 1.0,
        size: 400,
        ..Chest::default()
    })
    .analyze()
    .expect("it is a CT");
    for lesion in &lesions {
        assert_found(&analysis, FindingKind::LungNodule, lesion);
    }
    assert_eq!(
        analysis.results.findings.len(),
        lesions.len(),
        "{:?}",
        analysis.results.findings
    );
    let first = of_kind(&analysis, FindingKind::LungNodule);
    let upper = first.iter().find(|f| f.position.is_some_and(|p| p[2] > 205.0 && p[0] < 0.0)).expect("the smallest");
    assert_eq!(upper.location, "right lung, upper third");
    assert_eq!(upper.image, Some(215));
    assert!(analysis.labels.of_slice(215).expect("it is a slice").contains(&(Label::Finding as u8)));
}

#[test]
fn vessels_alone_are_no_nodules_whatever_way_they_fork() {
    for seed in 1..5 {
        let phantom = chest(&Chest {
            seed,
            ..Chest::default()
        });
        let analysis = phantom.analyze().expect("it is a CT");
        assert_eq!(
            of_kind(&analysis, FindingKind::LungNodule),
            Vec::<&Finding>::new(),
            "seed {seed}"
        );
    }
}

#[test]
fn a_bulla_is_a_region_of_air_and_the_airways_are_not() {
    let bulla = ball([85.0, -20.0, 190.0], 30.0, -1000.0);
    let analysis = chest(&Chest {
        lesions: vec![bulla],
        ..Chest::default()
    })
    .analyze()
    .expect("it is a CT");
    assert_found(&analysis, FindingKind::LungLowDensity, &bulla);
    assert_eq!(analysis.results.findings.len(), 1);
}

#[test]
fn nodules_are_not_looked_for_between_thick_slices() {
    let phantom = chest(&Chest {
        spacing: 5.0,
        lesions: vec![ball([-95.0, -40.0, 190.0], 8.0, 40.0)],
        ..Chest::default()
    });
    let results = phantom.analyze().expect("it is a CT").results;
    assert_eq!(results.findings, []);
    let search = results.searches.iter().find(|search| search.what.contains("nodules")).expect("it is told");
    assert_eq!(search.skipped.as_deref(), Some("the slices are more than 3 mm apart"));
}

#[test]
fn a_head_without_lesions_has_a_brain_and_no_findings() {
    for spacing in [1.5, 5.0] {
        let analysis = head(&Head {
            spacing,
            ..Head::default()
        })
        .analyze()
        .expect("it is a CT");
        assert_eq!(analysis.results.findings, []);
        assert!(
            !analysis.results.warnings.iter().any(|told| told.contains("skull")),
            "{:?}",
            analysis.results.warnings
        );
        let brain = ml(&analysis, Label::Intracranial);
        assert!((1300.0..2300.0).contains(&brain), "{brain}");
        assert_eq!(ml(&analysis, Label::LeftLung) + ml(&analysis, Label::RightLung), 0.0);
        assert!(analysis.results.searches.iter().any(|s| s.what.contains("skull") && s.skipped.is_none()));
    }
}

#[test]
fn a_hemorrhage_is_found_and_calcium_is_not_one() {
    let bleeding = Lesion {
        centre: [-32.0, -10.0, 60.0],
        radii: [14.0, 10.0, 12.0],
        hu: 68.0,
    };
    let calcium = ball([30.0, 30.0, 50.0], 14.0, 300.0);
    let phantom = head(&Head {
        lesions: vec![bleeding, calcium],
        ..Head::default()
    });
    let analysis = phantom.analyze().expect("it is a CT");
    assert_found(&analysis, FindingKind::IntracranialHighDensity, &bleeding);
    assert_eq!(analysis.results.findings.len(), 1, "{:?}", analysis.results.findings);
    assert!(analysis.results.findings[0].location.contains("right of the midline, middle third"));
}

#[test]
fn after_contrast_agent_nothing_is_looked_for_within_the_skull() {
    let mut phantom = head(&Head {
        lesions: vec![ball([-32.0, -10.0, 60.0], 24.0, 68.0)],
        ..Head::default()
    });
    phantom.headers[3].contrast = true;
    let results = phantom.analyze().expect("it is a CT").results;
    assert_eq!(results.findings, []);
    assert!(
        results
            .searches
            .iter()
            .any(|search| search.skipped.as_deref() == Some("a contrast agent was given"))
    );
}

#[test]
fn metal_is_told_and_bone_is_not() {
    let metal = ball([0.0, 78.0, 60.0], 9.0, 3071.0);
    let analysis = head(&Head {
        lesions: vec![metal],
        ..Head::default()
    })
    .analyze()
    .expect("it is a CT");
    let found = of_kind(&analysis, FindingKind::DenseMaterial);
    assert_eq!((found.len(), analysis.results.findings.len()), (1, 1));
}

#[test]
fn an_opening_of_the_skull_is_told() {
    let hole = Lesion {
        centre: [45.0, -60.0, 105.0],
        radii: [30.0, 30.0, 12.0],
        hu: 40.0,
    };
    let results = head(&Head {
        lesions: vec![hole],
        ..Head::default()
    })
    .analyze()
    .expect("it is a CT")
    .results;
    assert!(
        results.warnings.iter().any(|told| told.contains("opening of the skull")),
        "{:?}",
        results.warnings
    );
    assert_eq!(results.findings, []);
}
