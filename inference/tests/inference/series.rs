//! Whole series through real networks: what is there is found where it is, and nothing is found where there is nothing.

use crate::changed;
use crate::phantoms::{Chest, Lesion, ball, chest, chest_radiograph};
use imaging::analysis::{Analysis, Cancelled, FindingKind, Structure};
use inference::{Model, ModelError, apply};

const PLACE: [f64; 3] = [-80.0, 12.0, 128.0];

fn analysed(lesions: Vec<Lesion>) -> Analysis {
    let coarse = Chest {
        lesions,
        spacing: 4.0,
        size: 128,
        ..Chest::default()
    };
    chest(&coarse).analyze().expect("a CT")
}

fn asked(model: &dyn Model, of: &Analysis) -> Analysis {
    apply(model, of, &|_, _| Ok(())).expect("an answer")
}

fn assert_found(found: &Analysis) {
    let [finding] = found.results.findings.as_slice() else {
        panic!("{:?}", found.results.findings);
    };
    let position = finding.position.expect("a place");
    assert!(
        (0..3).all(|axis| (position[axis] - PLACE[axis]).abs() < 3.0),
        "{position:?}"
    );
    // The box of 12 mm is above the threshold where nearly all of it is lesion.
    let diameter = finding.diameter_mm.expect("a size");
    assert!((14.0..28.0).contains(&diameter), "{diameter}");
    assert_eq!((finding.kind, finding.image), (FindingKind::MarkedByModel, Some(32)));
    assert!(
        finding.confidence > 0.9 && finding.mean.expect("a mean") > 1000.0,
        "{finding:?}"
    );
}

#[test]
fn a_lesion_is_found_at_its_millimetres_and_a_body_without_one_gives_none() {
    let model = changed("dense", &[]);
    let healthy = analysed(Vec::new());
    let none = asked(&*model, &healthy);
    assert_eq!(none.results.findings, []);
    assert_eq!(none.results.searches[0].what, "dense region");
    let found = asked(&*model, &analysed(vec![ball(PLACE, 28.0, 1800.0)]));
    assert_found(&found);
    // The mark is on the pixels of its image.
    let place = found.labels.source.place_of(PLACE).map(|index| index.round() as usize);
    let slice = found.labels.of_slice(place[2]).expect("a slice");
    let label = slice[place[1] * found.labels.source.shape[0] + place[0]];
    let class = found.labels.classes.iter().find(|class| class.label == label).expect("a class");
    assert!(class.finding && class.name == "dense region");
    assert!(found.montage().legend.iter().any(|entry| entry.name == "dense region"));
}

#[test]
fn orientation_and_tiles_change_nothing_of_the_answer() {
    let of = analysed(vec![ball(PLACE, 28.0, 1800.0)]);
    for orientation in ["RAS", "SAR", "PIR"] {
        assert_found(&asked(
            &*changed("dense", &[("\"LPS\"", &format!("{orientation:?}"))]),
            &of,
        ));
    }
    let whole = asked(&*changed("dense", &[]), &of);
    let tiles = "shape = { fixed = [32, 40, 24] }\noverlap = [4, 6, 2]";
    let tiled = asked(
        &*changed("dense", &[("shape = { multiple_of = [4, 4, 4] }", tiles)]),
        &of,
    );
    // The box of one voxel reaches less far than the tiles overlap.
    assert_eq!(tiled.labels, whole.labels);
    assert_eq!(tiled.results.findings.len(), 1);
}

#[test]
fn labels_become_structures_with_names_codes_and_volumes() {
    let of = analysed(Vec::new());
    let found = asked(&*changed("dense", &[]), &of).results;
    let soft: &Structure = &found.structures[0];
    assert_eq!(
        (soft.name.as_str(), soft.label, soft.colour),
        ("soft tissue", 1, [0xc8, 0x6e, 0x5a])
    );
    assert_eq!(soft.code.as_ref().map(|code| code.value.as_str()), Some("87784001"));
    let (ml, mean) = (soft.volume_ml.expect("a volume"), soft.mean);
    assert!(
        (4000.0..13_000.0).contains(&ml) && (-200.0..150.0).contains(&mean),
        "{ml} {mean}"
    );
    assert_eq!(soft.method.name, "dense 1.0.0");
    assert_eq!(
        (found.statistics, &found.spatial),
        (of.results.statistics, &of.results.spatial)
    );
    let report = found.report();
    assert!(report.findings.starts_with("This text was written from what the trained model dense 1.0.0 gave"));
    assert!(report.impression.contains("found none of the things that it looks for here: dense region"));
}

#[test]
fn a_network_of_slices_labels_the_whole_series() {
    let of = analysed(Vec::new());
    let found = asked(&*changed("slices", &[]), &of);
    let dense = asked(&*changed("dense", &[]), &of);
    let ml = |analysis: &Analysis| analysis.results.structures.iter().filter_map(|found| found.volume_ml).sum::<f64>();
    // Above 0 HU here, above -490 HU there: the body without its fat, and with it.
    assert!(
        ml(&found) < ml(&dense) && ml(&found) > 0.3 * ml(&dense),
        "{} {}",
        ml(&found),
        ml(&dense)
    );
    let centroid = found.results.structures[0].centroid;
    assert!(
        centroid[0].abs() < 10.0 && (100.0..180.0).contains(&centroid[2]),
        "{centroid:?}"
    );
    let turned = asked(&*changed("slices", &[("\"RAS\"", "\"LPS\"")]), &of);
    assert!((ml(&turned) / ml(&found) - 1.0).abs() < 0.01);
}

#[test]
fn scores_are_measured_and_told_in_sentences_from_their_threshold_on() {
    let model = changed("whole", &[]);
    let score = |of: &Analysis| {
        let found = asked(&*model, of).results;
        let measured = found.measurements.iter().find(|measured| measured.name == "score of metal").expect("a score");
        (
            measured.value,
            found.findings.into_iter().map(|finding| finding.description).collect::<Vec<_>>(),
        )
    };
    let (low, none) = score(&analysed(Vec::new()));
    assert!(low < 0.9 && none.is_empty(), "{low} {none:?}");
    let (high, told) = score(&analysed(vec![ball(PLACE, 110.0, 3000.0)]));
    assert!(high > 0.9, "{high}");
    assert_eq!(
        told,
        [format!(
            "The model suspects metal: {:.0} of 100, told from 90 on.",
            high * 100.0
        )]
    );
}

#[test]
fn a_radiograph_has_marks_in_pixels_and_no_millimetres_of_a_patient() {
    // The lung on the right of the image is opaque: the mark lies right of the middle, and not below it.
    let of = chest_radiograph(1400.0, 1.0).analyze().expect("a radiograph");
    let model = changed(
        "slices",
        &[
            ("\"CT\", \"MR\"", "\"DX\""),
            ("\"RAS\"", "\"LIP\""),
            ("[4.0, 4.0, 8.0]", "[4.0, 4.0, 4.0]"),
            ("low = -1000, high = 1000", "low = 0, high = 4095"),
            ("[output.labels]", "[[output.heat_maps]]"),
            (
                "classes = [{ value = 1, name = \"tissue\" }]",
                "threshold = 0.5\nfinding = \"opacity\"\nsmallest_mm = 30.0",
            ),
        ],
    );
    let found = asked(&*model, &of).results;
    let [finding] = found.findings.as_slice() else {
        panic!("{:?}", found.findings);
    };
    assert!(
        finding.position.is_none() && finding.volume_ml.is_none() && finding.image == Some(0),
        "{finding:?}"
    );
    let numbers = finding.location.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok());
    let [column, row]: [u32; 2] = numbers.collect::<Vec<_>>().try_into().expect("a column and a row");
    assert!(
        (270..290).contains(&column) && (250..268).contains(&row),
        "{}",
        finding.location
    );
}

#[test]
fn what_a_model_does_not_take_is_told() {
    let of = analysed(Vec::new());
    let error =
        |changes: &[(&str, &str)]| apply(&*changed("dense", changes), &of, &|_, _| Ok(())).expect_err("not taken");
    let other = error(&[("[\"CT\"]", "[\"MR\"]")]);
    assert!(
        matches!(&other, ModelError::Series(text) if text.contains("CT, not MR")),
        "{other}"
    );
    let fine = error(&[("[4.0, 4.0, 4.0]", "[0.5, 0.5, 0.5]")]);
    assert!(
        matches!(&fine, ModelError::Series(text) if text.contains("voxels")),
        "{fine}"
    );
    let output = error(&[("name = \"heat\"", "name = \"warmth\"")]);
    assert!(
        matches!(&output, ModelError::Answer(text) if text.contains("warmth") && text.contains("heat")),
        "{output}"
    );
    let channel = error(&[("threshold = 0.5", "channel = 4\nthreshold = 0.5")]);
    assert!(
        matches!(&channel, ModelError::Answer(text) if text.contains("channel 4")),
        "{channel}"
    );
    let layout = error(&[(
        "name = \"tissues\"\nlayout = \"NCDHW\"",
        "name = \"tissues\"\nlayout = \"CDHW\"",
    )]);
    assert!(matches!(layout, ModelError::Answer(_)), "{layout}");
}

#[test]
fn coarse_images_are_told() {
    let of = analysed(Vec::new());
    let told = |spacing: &str| asked(&*changed("dense", &[("[4.0, 4.0, 4.0]", spacing)]), &of).results.warnings;
    assert!(told("[4.0, 4.0, 4.0]").is_empty());
    assert!(told("[2.0, 2.0, 2.0]")[0].contains("2.00 x 2.00 x 2.00 mm"));
}

#[test]
fn between_tiles_the_analysis_can_be_cancelled() {
    let of = analysed(Vec::new());
    let tiles = changed("slices", &[]);
    let asked = std::cell::Cell::new(0);
    let progress = |_, part: f32| {
        assert!((0.0..=1.0).contains(&part));
        asked.set(asked.get() + 1);
        if asked.get() > 5 { Err(Cancelled) } else { Ok(()) }
    };
    assert_eq!(apply(&*tiles, &of, &progress), Err(ModelError::Cancelled));
    assert_eq!(asked.get(), 6);
}
