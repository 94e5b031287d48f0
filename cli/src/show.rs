//! What the binary can tell of itself: schema and settings.

use crate::Outcome;
use domain::Config;
use std::path::Path;

/// Prints the schema, or compares it with a file.
pub fn schema(check: Option<&Path>) -> Outcome {
    let sdl = api::graphql::sdl();
    let Some(path) = check else {
        print!("{sdl}");
        return Ok(());
    };
    let committed =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let (old, new): (Vec<_>, Vec<_>) = (committed.lines().collect(), sdl.lines().collect());
    if old == new {
        return Ok(());
    }
    let first = old.iter().zip(&new).position(|(old, new)| old != new).unwrap_or(old.len().min(new.len()));
    Err(format!(
        "{} differs from the schema in line {}: has {:?}, should have {:?}; write it anew with: gantry schema > {}",
        path.display(),
        first + 1,
        old.get(first).unwrap_or(&""),
        new.get(first).unwrap_or(&""),
        path.display()
    ))
}

pub fn config(config: &Config) -> Outcome {
    println!("{config:#?}");
    println!(
        "database: {}",
        if config.is_postgres() { "PostgreSQL" } else { "SQLite" }
    );
    println!("storage:  {}", config.storage_url());
    Ok(())
}
