//! Radiographs and MR: what can be said of images without units.

use imaging::analysis::{Analysis, FindingKind, Label};

use crate::phantoms::{Phantom, chest_radiograph, mr_head};

fn kinds(phantom: &Phantom) -> Vec<FindingKind> {
    let analysis = phantom.analyze().expect("it can be analysed");
    analysis.results.findings.iter().map(|finding| finding.kind).collect()
}

fn structure(analysis: &Analysis, label: Label) -> &imaging::analysis::Structure {
    analysis
        .results
        .structures
        .iter()
        .find(|structure| structure.label == label as u8)
        .expect("it is there")
}

#[test]
fn a_good_radiograph_has_areas_and_no_findings() {
    let analysis = chest_radiograph(0.0, 1.0).analyze().expect("it is a radiograph");
    assert_eq!(analysis.results.findings, []);
    let (dense, lucent) = (structure(&analysis, Label::Dense), structure(&analysis, Label::Lucent));
    assert_eq!((dense.volume_ml, lucent.volume_ml), (None, None));
    let total = dense.area_mm2.expect("an area") + lucent.area_mm2.expect("an area");
    assert!((total / (512.0 * 0.7f64).powi(2) - 1.0).abs() < 0.01, "{total}");
}

#[test]
fn one_white_lung_is_an_asymmetry_on_its_side() {
    let analysis = chest_radiograph(1400.0, 1.0).analyze().expect("it is a radiograph");
    let [finding] = analysis.results.findings.as_slice() else {
        panic!("{:?}", analysis.results.findings);
    };
    assert_eq!(finding.kind, FindingKind::Asymmetry);
    assert!(finding.description.starts_with("The right half of the image is brighter"));
    assert_eq!(kinds(&chest_radiograph(-1100.0, 1.0)), [FindingKind::Asymmetry]);
}

#[test]
fn values_cut_off_at_the_top_are_clipped() {
    assert_eq!(kinds(&chest_radiograph(0.0, 2.0)), [FindingKind::Clipping]);
}

#[test]
fn the_systems_own_deviation_index_tells_over_and_under_exposure() {
    let with = |index| {
        let mut phantom = chest_radiograph(0.0, 1.0);
        phantom.headers[0].deviation_index = Some(index);
        kinds(&phantom)
    };
    assert_eq!(with(1.2), []);
    assert_eq!(
        (with(4.5), with(-3.4)),
        (vec![FindingKind::Exposure], vec![FindingKind::Exposure])
    );
}

#[test]
fn monochrome1_is_read_as_what_it_shows() {
    let analysis = |invert: bool| {
        let mut phantom = chest_radiograph(1400.0, 1.0);
        if invert {
            phantom.headers[0].inverted = true;
            phantom.images[0].iter_mut().for_each(|value| *value = 4095 - *value);
        }
        phantom.analyze().expect("it is a radiograph").results
    };
    assert_eq!(analysis(true), analysis(false));
}

#[test]
fn a_symmetric_mr_head_has_a_volume_and_no_findings() {
    let analysis = mr_head(1.0).analyze().expect("it is an MR");
    assert_eq!(analysis.results.findings, []);
    let volume = structure(&analysis, Label::Body).volume_ml.expect("a volume");
    assert!((2500.0..4600.0).contains(&volume), "{volume}");
    // A coil on one side alone is no finding.
    assert_eq!(kinds(&mr_head(1.15)), []);
}

#[test]
fn an_mr_head_of_two_brightnesses_is_asymmetric() {
    assert_eq!(kinds(&mr_head(1.8)), [FindingKind::Asymmetry]);
    assert_eq!(kinds(&mr_head(0.5)), [FindingKind::Asymmetry]);
}
