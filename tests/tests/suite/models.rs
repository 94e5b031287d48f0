//! `gantry model`: what is in the folder of models, as people at a terminal see it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tests::process::binary;

fn model(models: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.arg("model").args(arguments).env("GANTRY_MODELS_DIR", models);
    command.output().unwrap()
}

/// Of one of the networks that the tests of `inference` use.
fn network(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("inference/tests/models")
        .join(name);
    folder.display().to_string()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_model_is_added_listed_and_checked() {
    let place = tempfile::tempdir().unwrap();
    let models = place.path().join("models");
    assert!(said(&model(&models, &["list"])).contains("gantry model add"));
    assert!(said(&model(&models, &["add", &network("dense")])).contains("dense 1.0.0 added"));
    said(&model(&models, &["add", &network("whole")]));
    let listed = said(&model(&models, &["list"]));
    for word in [
        "dense",
        "1.0.0",
        "ONNX",
        "2 labels, 1 heat map ",
        "whole",
        "CHEST",
        "2 scores",
    ] {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    let checked = said(&model(&models, &["check", "dense"]));
    for word in [
        "SHA-256 7790ddd2",
        "image [1, 1, 4, 4, 4]",
        "heat [1, 1, 4, 4, 4]",
        "tissues [1, 3, 4, 4, 4]",
        " ms",
    ] {
        assert!(checked.contains(word), "{word}: {checked}");
    }
    assert!(!checked.contains("whole"));
    assert!(complained(&model(&models, &["add", &network("dense")])).contains("is there already"));
    assert!(complained(&model(&models, &["check", "dens"])).contains("no model dens"));
    assert!(complained(&model(&models, &["add", &place.path().display().to_string()])).contains("has no model.toml"));
}

#[test]
fn a_broken_model_fails_the_check_and_hides_no_other() {
    let place = tempfile::tempdir().unwrap();
    let models = place.path().join("models");
    for name in ["dense", "whole"] {
        said(&model(&models, &["add", &network(name)]));
    }
    std::fs::write(models.join("dense/1.0.0/model.onnx"), "changed").unwrap();
    let checked = model(&models, &["check"]);
    let lines = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(lines.contains("FAILED") && lines.contains("logits [1, 2]"), "{lines}");
    assert!(complained(&checked).contains("1 of the models do not run"));
    std::fs::write(models.join("dense/1.0.0/model.toml"), "name = 1").unwrap();
    let listed = model(&models, &["list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("whole"));
    assert!(complained(&listed).contains("dense/1.0.0"));
}
