//! A manifest that says what cannot be is refused with the name of the key.

use crate::text;
use inference::{Manifest, ModelError};

#[test]
fn every_mistake_is_told_by_its_key() {
    for (from, to, key) in [
        ("name = \"dense\"", "name = \"Dense Model\"", "name"),
        ("name = \"dense\"", "name = \"../dense\"", "name"),
        ("name = \"dense\"", "name = \"gantry\"", "name"),
        ("version = \"1.0.0\"", "", "version"),
        ("licence", "license", "license"),
        ("kind = \"onnx\"", "kind = \"python\"", "python"),
        ("\"model.onnx\"", "\"../model.onnx\"", "engine.file"),
        ("sha256 = \"", "sha256 = \"x", "engine.sha256"),
        ("[\"CT\"]", "[\"US\"]", "input.modalities"),
        ("\"LPS\"", "\"LRS\"", "orientation"),
        ("layout = \"NCDHW\"\norient", "layout = \"NCDHX\"\norient", "layout"),
        (
            "layout = \"NCDHW\"\norient",
            "layout = \"NCHW\"\norient",
            "input.layout",
        ),
        ("[4.0, 4.0, 4.0]", "[4.0, 4.0, 0.0]", "input.spacing"),
        ("spacing = [4.0, 4.0, 4.0]", "", "input.spacing"),
        ("[4, 4, 4]", "[4, 0, 4]", "input.shape.multiple_of"),
        ("[4, 4, 4]", "[4000, 4000, 4000]", "input.shape.multiple_of"),
        ("multiple_of", "about", "about"),
        ("low = -1000", "low = 3000", "input.normalisation"),
        ("method = \"window\"", "method = \"histogram\"", "histogram"),
        ("value = 2", "value = 0", "output.labels.classes[1].value"),
        ("value = 2", "value = 1", "output.labels.classes[1].value"),
        ("\"87784001\"", "\"soft\"", "output.labels.classes[0].code"),
        ("#c86e5a", "red", "output.labels.classes[0].colour"),
        ("threshold = 0.5", "threshold = 50", "output.heat_maps.threshold"),
        (
            "name = \"heat\"\nlayout = \"NCDHW\"",
            "name = \"heat\"\nlayout = \"NCHW\"",
            "output.heat_maps.layout",
        ),
        (
            "smallest_mm = 5.0",
            "smallest_mm = -5.0",
            "output.heat_maps.smallest_mm",
        ),
        ("smallest_mm = 5.0", "largest_mm = 5.0", "largest_mm"),
    ] {
        let text = text("dense");
        assert!(text.contains(from), "{from}");
        let error = Manifest::parse(&text.replacen(from, to, 1)).expect_err(to);
        assert!(
            matches!(&error, ModelError::Manifest(said) if said.contains(key)),
            "{key}: {error}"
        );
    }
    let whole = text("whole").replace("{threshold}", "{patient}");
    let error = Manifest::parse(&whole).expect_err("a placeholder").to_string();
    assert!(error.contains("output.scores.classes[1].sentence"), "{error}");
    let none = text("whole");
    let none = &none[..none.find("[output").expect("outputs")];
    let error = Manifest::parse(&format!("{none}[output]")).expect_err("no output").to_string();
    assert!(error.contains("labels, heat_maps and scores"), "{error}");
}

#[test]
fn servers_are_addressed_by_http_and_plain_names() {
    let with = |engine: &str| {
        let text = text("whole");
        let (head, tail) = (
            text.find("[engine]").expect("it is there"),
            text.find("[input]").expect("it is there"),
        );
        Manifest::parse(&format!(
            "{}[engine]\nkind = \"kserve\"\n{engine}\n{}",
            &text[..head],
            &text[tail..]
        ))
    };
    assert!(with("url = \"http://gpu:8000\"\nmodel = \"whole\"").is_ok());
    for (engine, key) in [
        ("url = \"file:///etc\"\nmodel = \"whole\"", "engine.url"),
        ("url = \"gpu\"\nmodel = \"whole\"", "engine.url"),
        ("url = \"http://gpu:8000\"\nmodel = \"a/../b\"", "engine.model"),
        (
            "url = \"http://gpu:8000\"\nmodel = \"a\"\nversion = \"..\"",
            "engine.version",
        ),
        (
            "url = \"http://gpu:8000\"\nmodel = \"a\"\ntimeout_seconds = 0",
            "engine.timeout_seconds",
        ),
        ("url = \"http://gpu:8000\"", "model"),
    ] {
        let error = with(engine).expect_err(engine).to_string();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn the_manifest_of_the_documentation_is_one_with_either_engine() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/models.md");
    let page = std::fs::read_to_string(page).expect("it is there");
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [manifest, server] = blocks.as_slice() else {
        panic!("{} blocks", blocks.len());
    };
    Manifest::parse(manifest).expect("a manifest");
    let (engine, input) = (manifest.find("[engine]"), manifest.find("[input]"));
    let (before, after) = (
        &manifest[..engine.expect("a part")],
        &manifest[input.expect("a part")..],
    );
    Manifest::parse(&format!("{before}{server}{after}")).expect("a manifest");
}
