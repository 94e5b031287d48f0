//! `cargo xtask`: what a developer and the CI run, with nothing set up beforehand but Rust.

mod bench;
mod checks;
mod conformance;
mod counts;
mod graphql;
mod http;
mod peers;
mod postgres;
mod run;
mod service;
mod suites;
mod test;
mod workspace;

use anyhow::{Result, bail};
use std::process::ExitCode;
use workspace::Workspace;

const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands:
  test [--only sqlite|postgres] [FILTER]
      Every test: formatting, clippy, unit tests, the suite on SQLite and a folder and again on PostgreSQL and S3, the
      schema file. With a FILTER only the tests with that in their names, without the checks. Ends with one line of counts.
  conformance [NAME]
      Foreign clients and suites of tests/conformance against `gantry serve --demo`.
  bench [ARGUMENTS]
      Measures with a release build; ARGUMENTS go to the bench program.
  bench peers [NAME]
      The job engine beside those of tests/bench-peers, or beside one of them, on one PostgreSQL, with ratios.
  bench graphql [NAME]
      The GraphQL API beside the servers of tests/bench-graphql, or beside one of them, on one PostgreSQL, with ratios.
  bench worklist [sqlite|postgres]
      Each filter of the worklist among 1,000 and among 1,000,000 studies.
  postgres
      Starts a throw-away PostgreSQL, prints its URL, and removes it at Ctrl-C or end of input.
  help

Environment:
  CI=true     what cannot be set up fails instead of being skipped

Examples:
  cargo xtask test
  cargo xtask test --only sqlite upload
  cargo xtask conformance graphql
  cargo xtask postgres     # elsewhere: GANTRY_TEST_BACKEND=postgres GANTRY_TEST_POSTGRES_URL=… cargo test --workspace";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well; an error is what kept the command from being carried out.
fn dispatch(arguments: &[String]) -> Result<bool> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["help" | "--help" | "-h", ..] | [_, "--help" | "-h"] => {
            println!("{HELP}");
            Ok(true)
        }
        ["test", rest @ ..] => test::test(&Workspace::find()?, &test::Options::parse(rest)?),
        ["conformance"] => conformance::conformance(&Workspace::find()?, None),
        ["conformance", name] => conformance::conformance(&Workspace::find()?, Some(name)),
        ["bench", "peers"] => peers::peers(&Workspace::find()?, None),
        ["bench", "peers", name] => peers::peers(&Workspace::find()?, Some(name)),
        ["bench", "graphql"] => graphql::graphql(&Workspace::find()?, None),
        ["bench", "graphql", name] => graphql::graphql(&Workspace::find()?, Some(name)),
        ["bench", rest @ ..] => bench::bench(&Workspace::find()?, rest),
        ["postgres"] => postgres::keep(),
        _ => bail!("no such command: {}\n\n{HELP}", arguments.join(" ")),
    }
}

/// Whether this is a CI run, where nothing may be skipped.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
