//! Which images make a volume: order, orientation, gaps, tilt, duplicates and localizers, and the memory that it takes.

use std::cell::Cell;

use imaging::analysis::{AnalysisError, Cancelled, Label, Options, Stack, Stage, analyze};
use imaging::pixels::{Photometric, SampleData, Samples};

use crate::phantoms::{Head, Phantom, ball, head, header};

fn small_head() -> Phantom {
    head(&Head {
        spacing: 4.0,
        lesions: vec![ball([-32.0, -10.0, 60.0], 24.0, 68.0)],
        ..Head::default()
    })
}

fn volume_and_place(phantom: &Phantom) -> (f64, [f64; 3]) {
    let results = phantom.analyze().expect("it is a CT").results;
    let brain = results.structures.iter().find(|s| s.label == Label::Intracranial as u8).expect("a brain");
    let finding = results.findings.first().expect("the lesion");
    (brain.volume_ml.expect("a volume"), finding.position.expect("a place"))
}

#[test]
fn the_order_of_the_images_does_not_matter_but_findings_name_the_image() {
    let phantom = small_head();
    let mut shuffled = phantom.clone();
    shuffled.headers.reverse();
    shuffled.images.reverse();
    let (a, b) = (phantom.analyze().expect("a CT"), shuffled.analyze().expect("a CT"));
    assert_eq!(a.results.structures, b.results.structures);
    let last = phantom.images.len() - 1;
    assert_eq!(
        a.results.findings[0].image.map(|image| last - image),
        b.results.findings[0].image
    );
}

#[test]
fn a_coronal_series_of_the_same_head_gives_the_same_volumes_and_places() {
    let axial = small_head();
    // Columns to the left, rows to the feet, slices to the back: sampled from the axial images.
    let (rows, columns, slices) = (axial.images.len(), 256usize, 256usize);
    let mut coronal = Phantom {
        headers: Vec::new(),
        images: Vec::new(),
    };
    for slice in 0..slices {
        let mut header = axial.headers[0].clone();
        header.rows = rows as u32;
        header.spacing = Some([4.0, 0.9]);
        let [x, y, _] = header.position.expect("it has one");
        header.position = Some([x, y + 0.9 * slice as f64, 4.0 * (rows - 1) as f64]);
        header.orientation = Some([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]);
        coronal.headers.push(header);
        let line = |row: usize| &axial.images[rows - 1 - row][slice * columns..(slice + 1) * columns];
        coronal.images.push((0..rows).flat_map(|row| line(row).to_vec()).collect());
    }
    let ((a, at), (b, bt)) = (volume_and_place(&axial), volume_and_place(&coronal));
    assert!((a / b - 1.0).abs() < 0.01, "{a} {b}");
    assert!((0..3).all(|axis| (at[axis] - bt[axis]).abs() < 1.0), "{at:?} {bt:?}");
    let analysis = coronal.analyze().expect("a CT");
    assert_eq!(
        (
            analysis.results.spatial.source_orientation.as_str(),
            analysis.results.spatial.orientation.as_str()
        ),
        ("LIP", "LPS")
    );
    // The labels come back on the pixels of the coronal images.
    let labels = analysis.labels.of_slice(128).expect("a slice");
    assert_eq!(labels.len(), rows * columns);
    assert_eq!(labels[(rows - 1 - 15) * columns + 128 + 20], Label::Intracranial as u8);
    assert_eq!(analysis.labels.of_slice(slices), None);
}

#[test]
fn gaps_duplicates_localizers_and_other_planes_are_left_out_and_told() {
    let mut phantom = small_head();
    let count = phantom.images.len();
    let mut add = |change: &dyn Fn(&mut imaging::analysis::ImageHeader)| {
        let mut header = phantom.headers[5].clone();
        change(&mut header);
        phantom.headers.push(header);
        phantom.images.push(phantom.images[5].clone());
    };
    add(&|_| {});
    add(&|header| header.secondary = true);
    add(&|header| header.orientation = Some([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0]]));
    add(&|header| header.position = None);
    add(&|header| header.colour = true);
    add(&|header| header.position = header.position.map(|[x, y, _]| [x, y, 400.0]));
    let stack = Stack::of(&phantom.headers).expect("a volume");
    assert_eq!((stack.order.len(), stack.grid.shape[2]), (count, count));
    for word in [
        "place",
        "localizers",
        "another orientation",
        "no usable position",
        "colour",
        "irregular gaps",
    ] {
        assert!(
            stack.warnings.iter().any(|warning| warning.contains(word)),
            "{word}: {:?}",
            stack.warnings
        );
    }
}

#[test]
fn a_tilted_gantry_is_told_and_places_stay_right() {
    let mut phantom = small_head();
    let straight = volume_and_place(&phantom);
    // The same pixels, each slice moved back by a quarter of its height: 14 degrees.
    for header in &mut phantom.headers {
        header.position = header.position.map(|[x, y, z]| [x, y + z / 4.0, z]);
    }
    let tilted = volume_and_place(&phantom);
    assert!((straight.0 / tilted.0 - 1.0).abs() < 0.02);
    assert!((tilted.1[1] - straight.1[1] - 15.0).abs() < 1.0, "{tilted:?}");
    let warnings = phantom.analyze().expect("a CT").results.warnings;
    assert!(
        warnings.iter().any(|warning| warning.contains("14.0 degrees")),
        "{warnings:?}"
    );
}

#[test]
fn a_smaller_budget_makes_larger_voxels_and_nearly_the_same_volumes() {
    let phantom = small_head();
    let brain = |voxels| {
        let options = Options {
            voxels,
            ..Options::default()
        };
        let results = phantom.analyze_with(&options).expect("a CT").results;
        assert!(results.preprocessing.shape.iter().product::<usize>() <= voxels);
        let structure = results.structures.into_iter().find(|s| s.label == Label::Intracranial as u8).expect("a brain");
        structure.volume_ml.expect("a volume")
    };
    let (fine, coarse) = (brain(12 << 20), brain(400_000));
    assert!((fine / coarse - 1.0).abs() < 0.06, "{fine} {coarse}");
}

#[test]
fn it_stops_where_it_is_told_to() {
    let phantom = small_head();
    for stop in [Stage::Loading, Stage::Structures, Stage::Findings, Stage::Summary] {
        let last = Cell::new(Stage::Loading);
        let mut read = |image: usize| {
            Ok(Samples {
                columns: 256,
                rows: 256,
                channels: 1,
                photometric: Photometric::Monochrome2,
                data: SampleData::I16(phantom.images[image].clone()),
            })
        };
        let progress = |stage, part: f32| {
            assert!(stage >= last.get() && (0.0..=1.0).contains(&part));
            last.set(stage);
            if stage == stop { Err(Cancelled) } else { Ok(()) }
        };
        let stopped = analyze(&phantom.headers, &mut read, &Options::default(), &progress);
        assert_eq!((stopped.err(), last.get()), (Some(AnalysisError::Cancelled), stop));
    }
}

#[test]
fn what_is_no_ct_mr_or_radiograph_is_answered_by_name() {
    for modality in ["US", "XA", "PT", "SR"] {
        let error = Stack::of(&[header(modality, 64, 1.0, 0.0)]).expect_err("it is refused");
        assert_eq!(
            error.to_string(),
            format!("the analysis reads CT, MR and radiographs, not images of modality {modality}")
        );
    }
    // What is no term of DICOM is not repeated.
    let error = Stack::of(&[header("DOE^JOHN", 64, 1.0, 0.0)]).expect_err("it is refused");
    assert!(!error.to_string().contains("DOE"));
    assert_eq!(Stack::of(&[]), Err(AnalysisError::Empty));
    let mut localizer = header("CT", 64, 1.0, 0.0);
    localizer.secondary = true;
    let error = Stack::of(&[localizer]).expect_err("it is refused");
    assert!(error.to_string().contains("all images are localizers"), "{error}");
}

#[test]
fn a_single_slice_is_measured_and_nothing_is_looked_for_in_it() {
    let mut phantom = small_head();
    phantom.headers = vec![phantom.headers[15].clone()];
    phantom.images = vec![phantom.images[15].clone()];
    phantom.headers[0].thickness = Some(4.0);
    let results = phantom.analyze().expect("it is a CT").results;
    assert!(results.structures.iter().any(|structure| structure.label == Label::Bone as u8));
    assert_eq!(results.findings, []);
    assert!(results.searches.iter().any(|search| search.skipped.is_some()));
}
