//! Folders of models: what is there is listed, what is broken is told and stops nothing else, and nothing is ever half there.

use crate::{folder, text};
use inference::{ModelError, Models, add};
use std::fs;
use std::path::Path;

fn names(models: &Models) -> Vec<String> {
    models
        .installed
        .iter()
        .map(|found| format!("{} {}", found.manifest().name, found.manifest().version))
        .collect()
}

fn version(from: &Path, version: &str) {
    fs::create_dir_all(from).expect("a folder");
    fs::write(from.join("model.toml"), text("dense").replace("1.0.0", version)).expect("written");
    fs::copy(folder("dense").join("model.onnx"), from.join("model.onnx")).expect("copied");
}

#[test]
fn models_are_added_once_and_found_by_series_in_their_highest_version() {
    let place = tempfile::tempdir().expect("a folder");
    let (models, other) = (place.path().join("models"), place.path().join("other"));
    assert_eq!(names(&Models::open(&models)), [""; 0]);
    for name in ["whole", "dense", "slices"] {
        add(&models, &folder(name)).expect("it is added").verify().expect("it is whole");
    }
    version(&other, "1.10.0");
    add(&models, &other).expect("another version");
    let found = Models::open(&models);
    assert_eq!(
        names(&found),
        ["dense 1.10.0", "dense 1.0.0", "slices 0.9", "whole 2.1"]
    );
    assert_eq!(found.problems, []);
    let again = add(&models, &folder("dense")).err().expect("it is there").to_string();
    assert!(again.contains("dense 1.0.0 is there already"), "{again}");

    let of = |modality: &str, part: Option<&str>| -> Vec<String> {
        let found = found.for_series(modality, part);
        found
            .iter()
            .map(|model| format!("{} {}", model.manifest().name, model.manifest().version))
            .collect()
    };
    assert_eq!(of("CT", Some("chest")), ["dense 1.10.0", "slices 0.9", "whole 2.1"]);
    assert_eq!(of("CT", None), ["dense 1.10.0", "slices 0.9"]);
    assert_eq!(of("MR", Some("HEAD")), ["slices 0.9"]);
    assert_eq!(of("US", None), [""; 0]);
}

#[test]
fn broken_folders_are_told_and_left_out() {
    let place = tempfile::tempdir().expect("a folder");
    let models = place.path();
    add(models, &folder("whole")).expect("it is added");
    version(&models.join("other/1.0.0"), "1.0.0");
    fs::create_dir_all(models.join("empty/1")).expect("a folder");
    fs::create_dir_all(models.join("long/1")).expect("a folder");
    fs::write(models.join("long/1/model.toml"), "#".repeat(300_000)).expect("written");
    fs::create_dir_all(models.join("binary/1")).expect("a folder");
    fs::write(models.join("binary/1/model.toml"), [0xff; 9]).expect("written");
    fs::create_dir_all(models.join(".adding/1")).expect("a folder");
    fs::write(models.join("README"), "no folder").expect("written");
    let found = Models::open(models);
    assert_eq!(names(&found), ["whole 2.1"]);
    let told: Vec<String> = found.problems.iter().map(|problem| problem.error.to_string()).collect();
    for (told, word) in told.iter().zip(["UTF-8", "cannot be read", "larger", "dense/1.0.0"]) {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert_eq!(told.len(), 4);
}

#[test]
fn nothing_is_added_but_what_its_manifest_names() {
    let place = tempfile::tempdir().expect("a folder");
    let (models, from) = (place.path().join("models"), place.path().join("from"));
    version(&from, "1.0.0");
    fs::write(from.join("model.onnx"), "other weights").expect("written");
    assert!(matches!(add(&models, &from), Err(ModelError::Weights(_))));
    fs::remove_file(from.join("model.onnx")).expect("removed");
    assert!(matches!(add(&models, &from), Err(ModelError::Weights(_))));
    assert!(!models.exists());

    version(&from, "1.0.0");
    fs::write(from.join("LICENSE"), "words").expect("written");
    fs::write(from.join("notes.txt"), "words").expect("written");
    let added = add(&models, &from).expect("it is added");
    let mut kept: Vec<_> = fs::read_dir(&added.folder)
        .expect("a folder")
        .map(|entry| entry.expect("one").file_name())
        .collect();
    kept.sort();
    assert_eq!(kept, ["LICENSE", "model.onnx", "model.toml"]);
    // Weights that were changed since are noticed.
    fs::write(added.folder.join("model.onnx"), "changed").expect("written");
    assert!(matches!(added.verify(), Err(ModelError::Weights(_))));
}
