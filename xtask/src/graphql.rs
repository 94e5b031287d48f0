//! `cargo xtask bench graphql`: the GraphQL API beside other servers of GraphQL, on one PostgreSQL, in turns.
//!
//! A peer is a folder of `tests/bench-graphql` with a `suite.json`; the README there says what is measured and how. The peers are
//! set up here; the bench program starts them and measures.

use crate::bench::{self, SERVER, told_by};
use crate::in_ci;
use crate::postgres::{ADVICE, Postgres};
use crate::run::step;
use crate::suites::Suite;
use crate::workspace::Workspace;
use anyhow::{Result, bail};
use std::process::Command;

pub fn graphql(workspace: &Workspace, name: Option<&str>) -> Result<bool> {
    let suites = Suite::find(&workspace.root.join("tests/bench-graphql"), name)?;
    if !bench::build(workspace)? {
        return Ok(false);
    }
    let mut command = Command::new(bench::program(workspace));
    command.arg("--graphql").current_dir(&workspace.root);
    let mut missing = 0;
    for suite in &suites {
        match suite.install(&workspace.target.join("bench-graphql")) {
            Ok(folder) => {
                for line in &suite.run {
                    command.arg(&folder).arg(line);
                }
            }
            Err(error) => {
                missing += 1;
                println!(
                    "==> !!! {} is NOT measured, it cannot be installed: {error:#} !!!",
                    suite.name
                );
            }
        }
    }
    let Some(postgres) = Postgres::start()? else {
        bail!("there is no PostgreSQL: {ADVICE}")
    };
    bench::header(workspace);
    println!("server  {}", postgres.version()?);
    println!("node    {}", told_by("node", &["--version"]));
    println!("python  {}", told_by("python3", &["--version"]));
    let measured = step("bench graphql", command.env(SERVER, postgres.url()))?;
    Ok(measured && (missing == 0 || !in_ci()))
}
