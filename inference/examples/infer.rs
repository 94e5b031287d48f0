//! Asks the models of a folder the same question, a tensor by formula of a given shape, and prints their outputs as JSON: to compare
//! engines with each other. `infer <models folder> <shape, such as 1,1,6,7,8>`

use inference::{Models, Tensor};
use serde_json::json;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, shape] = arguments.as_slice() else {
        return Err("usage: infer <models folder> <shape, such as 1,1,6,7,8>".into());
    };
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return Err("another TLS provider was installed first".into());
    }
    let shape = shape.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let models = Models::open(Path::new(folder));
    if let Some(problem) = models.problems.first() {
        return Err(format!("{}: {}", problem.folder.display(), problem.error).into());
    }
    let mut answers = serde_json::Map::new();
    for installed in models.newest() {
        let count: usize = shape.iter().product();
        let data = (0..count).map(|at| ((at * 37) % 101) as f32 / 100.0).collect();
        let question = Tensor::new(installed.manifest().input.name.clone(), shape.clone(), data)?;
        let outputs = installed.model.infer(question)?;
        let outputs = outputs
            .into_iter()
            .map(|output| (output.name, json!({ "shape": output.shape, "data": output.data })));
        answers.insert(installed.manifest().name.clone(), outputs.collect());
    }
    println!("{}", serde_json::Value::Object(answers));
    Ok(())
}
