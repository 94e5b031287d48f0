//! `gantry model …`: the folder of models that plug in. No database, no running server.

use crate::Outcome;
use crate::arguments::ModelCommand;
use crate::table::table;
use domain::Config;
use inference::{Engine, Installed, MANIFEST, Models, Tensor, zeros};
use std::path::Path;
use std::time::Instant;

pub async fn model(config: &Config, command: ModelCommand) -> Outcome {
    let folder = config.models_dir();
    // Networks are large and slow, and servers are asked by a call that blocks.
    let work = move || match command {
        ModelCommand::List => list(&folder),
        ModelCommand::Add { folder: from } => add(&folder, &from),
        ModelCommand::Check { name } => check(&folder, name.as_deref()),
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| format!("the model crashed: {error}"))?
}

fn list(folder: &Path) -> Outcome {
    let models = Models::open(folder);
    if models.installed.is_empty() {
        println!(
            "no models in {}; `gantry model add <folder>` brings one",
            folder.display()
        );
    } else {
        let mut rows = table(&[
            "NAME",
            "VERSION",
            "ENGINE",
            "MODALITIES",
            "BODY PARTS",
            "GIVES",
            "LICENCE",
        ]);
        rows.add_rows(models.installed.iter().map(row));
        println!("{}", rows.trim_fmt());
    }
    told(&models)
}

fn row(installed: &Installed) -> [String; 7] {
    let manifest = installed.manifest();
    let parts = match manifest.input.body_parts.as_slice() {
        [] => "any".to_owned(),
        parts => parts.join(","),
    };
    [
        manifest.name.clone(),
        manifest.version.clone(),
        match &manifest.engine {
            Engine::Onnx { .. } => "ONNX".to_owned(),
            Engine::Kserve { url, .. } => url.clone(),
        },
        manifest.input.modalities.join(","),
        parts,
        gives(installed),
        manifest.licence.clone(),
    ]
}

fn gives(installed: &Installed) -> String {
    let output = &installed.manifest().output;
    let labels = output.labels.as_ref().map_or(0, |map| map.classes.len());
    let scores = output.scores.as_ref().map_or(0, |scores| scores.classes.len());
    let counted = [
        (labels, "label"),
        (output.heat_maps.len(), "heat map"),
        (scores, "score"),
    ];
    let words = counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Folders that are no models fail the command, after everything else was said.
fn told(models: &Models) -> Outcome {
    let lines = models.problems.iter().map(|problem| format!("{}: {}", problem.folder.display(), problem.error));
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        Ok(())
    } else {
        Err(lines.join("\ngantry: "))
    }
}

fn add(folder: &Path, from: &Path) -> Outcome {
    if !from.join(MANIFEST).is_file() {
        return Err(format!(
            "{} has no {MANIFEST}; docs/models.md says what belongs into it",
            from.display()
        ));
    }
    let installed = inference::add(folder, from).map_err(|error| error.to_string())?;
    let manifest = installed.manifest();
    println!(
        "{} {} added: {}",
        manifest.name,
        manifest.version,
        installed.folder.display()
    );
    println!("`gantry model check {}` runs it once", manifest.name);
    Ok(())
}

fn check(folder: &Path, name: Option<&str>) -> Outcome {
    let models = Models::open(folder);
    let wanted = |installed: &&Installed| name.is_none_or(|name| installed.manifest().name == name);
    let found: Vec<&Installed> = models.installed.iter().filter(wanted).collect();
    if let (Some(name), true) = (name, found.is_empty()) {
        // It may be there and be broken.
        told(&models)?;
        return Err(format!(
            "there is no model {name} in {}; `gantry model list` shows them",
            folder.display()
        ));
    }
    let mut failed = 0;
    for installed in found {
        if let Err(error) = check_one(installed) {
            failed += 1;
            println!("  FAILED: {error}");
        }
    }
    if name.is_none() {
        told(&models)?;
    }
    if failed > 0 {
        Err(format!("{failed} of the models do not run"))
    } else {
        Ok(())
    }
}

fn check_one(installed: &Installed) -> Outcome {
    let manifest = installed.manifest();
    println!("{} {} ({})", manifest.name, manifest.version, manifest.licence);
    installed.verify().map_err(|error| error.to_string())?;
    match installed.model.weights_hash() {
        Some(hash) => println!("  weights  SHA-256 {hash}, as the manifest says"),
        None => println!("  weights  kept by the server, unknown here"),
    }
    let question = zeros(&manifest.input);
    println!("  input    {}", shape(&question));
    let start = Instant::now();
    let answers = installed.model.infer(question).map_err(|error| error.to_string())?;
    answers.iter().for_each(|answer| println!("  output   {}", shape(answer)));
    println!(
        "  time     {:.0} ms, reading the weights included",
        start.elapsed().as_secs_f64() * 1000.0
    );
    names(installed, &answers)
}

fn shape(tensor: &Tensor) -> String {
    let lengths: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
    format!("{} [{}]", tensor.name, lengths.join(", "))
}

/// Whether the outputs that the manifest reads are there.
fn names(installed: &Installed, answers: &[Tensor]) -> Outcome {
    let output = &installed.manifest().output;
    let labels = output.labels.iter().map(|map| &map.name);
    let read = labels
        .chain(output.heat_maps.iter().map(|map| &map.name))
        .chain(output.scores.iter().map(|scores| &scores.name));
    match read.into_iter().find(|name| answers.iter().all(|answer| answer.name != **name)) {
        Some(missing) => Err(format!(
            "the manifest reads an output {missing}, which the network does not have"
        )),
        None => Ok(()),
    }
}
