//! ONNX in this process gives the numbers that onnxruntime gives (`models/expected.json`).

use crate::{by_formula, changed, folder};
use inference::{ModelError, Tensor, zeros};
use serde_json::Value;

fn expected() -> Value {
    let text = std::fs::read_to_string(folder("expected.json")).expect("it is there");
    serde_json::from_str(&text).expect("it is JSON")
}

fn numbers<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).expect("numbers")
}

#[test]
fn networks_give_what_onnxruntime_gives() {
    let expected = expected();
    for name in ["dense", "slices", "whole"] {
        let shape: Vec<usize> = numbers(&expected[name]["shape"]);
        let answers = changed(name, &[]).infer(by_formula(&shape)).expect("an answer");
        let outputs = expected[name]["outputs"].as_object().expect("outputs");
        assert_eq!(answers.len(), outputs.len());
        for answer in answers {
            let output = &outputs[&answer.name];
            assert_eq!(
                answer.shape,
                numbers::<usize>(&output["shape"]),
                "{name} {}",
                answer.name
            );
            for (ours, theirs) in answer.data.iter().zip(numbers::<f32>(&output["data"])) {
                assert!((ours - theirs).abs() < 1e-4, "{name} {}: {ours} {theirs}", answer.name);
            }
        }
    }
}

#[test]
fn a_network_is_asked_again_with_another_shape() {
    let model = changed("dense", &[]);
    for shape in [[1, 1, 4, 4, 4], [1, 1, 8, 4, 12], [1, 1, 4, 4, 4]] {
        let answers = model.infer(by_formula(&shape)).expect("an answer");
        assert_eq!(answers[0].shape, shape);
    }
}

#[test]
fn zeros_have_the_shape_that_the_model_takes() {
    for (name, shape) in [
        ("dense", vec![1, 1, 4, 4, 4]),
        ("slices", vec![1, 1, 24, 32]),
        ("whole", vec![1, 1, 8, 8, 8]),
    ] {
        let model = changed(name, &[]);
        let question = zeros(&model.manifest().input);
        assert_eq!(question.shape, shape);
        model.infer(question).expect("it runs");
    }
}

#[test]
fn weights_that_are_not_those_of_the_manifest_are_not_run() {
    let model = changed("dense", &[("7790ddd2", "00000000")]);
    let error = model.infer(by_formula(&[1, 1, 4, 4, 4])).expect_err("another hash");
    assert!(
        matches!(&error, ModelError::Weights(text) if text.contains("7790ddd2")),
        "{error}"
    );
    let model = changed("dense", &[("\"model.onnx\"", "\"missing.onnx\"")]);
    assert!(matches!(
        model.infer(by_formula(&[1, 1, 4, 4, 4])),
        Err(ModelError::Weights(_))
    ));
}

#[test]
fn an_input_that_the_network_does_not_have_is_told() {
    let question = |name: &str, shape: &[usize]| Tensor {
        name: name.into(),
        ..by_formula(shape)
    };
    let model = changed("dense", &[]);
    let error = model.infer(question("picture", &[1, 1, 4, 4, 4])).expect_err("no such input").to_string();
    assert!(error.contains("image") && error.contains("picture"), "{error}");
    // A shape that does not fit the network is an error and no crash.
    assert!(matches!(
        model.infer(question("image", &[1, 2, 4, 4, 4])),
        Err(ModelError::Network(_))
    ));
}
