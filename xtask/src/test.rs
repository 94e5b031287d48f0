//! `cargo xtask test`: every check and every test, on both pairs of database and store.
//!
//! Everything is built with the same selection of packages: another one would build the dependencies again.

use crate::counts::Counts;
use crate::postgres::{self, Postgres};
use crate::run::{step, timed, watched};
use crate::workspace::Workspace;
use crate::{checks, in_ci};
use anyhow::{Result, bail};
use std::process::Command;
use std::time::Instant;

/// Which database and store the suite runs on: `sqlite` or `postgres`.
const BACKEND: &str = "GANTRY_TEST_BACKEND";
const POSTGRES_URL: &str = "GANTRY_TEST_POSTGRES_URL";
/// For tests that crash a server of their own.
const POSTGRES_PROGRAMS: &str = "GANTRY_TEST_POSTGRES_PROGRAMS";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    only: Option<Backend>,
    filter: Option<String>,
}

impl Options {
    pub fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "--only" => {
                    options.only = Some(match rest.next().copied() {
                        Some("sqlite") => Backend::Sqlite,
                        Some("postgres") => Backend::Postgres,
                        _ => bail!("--only takes sqlite or postgres"),
                    });
                }
                option if option.starts_with('-') => bail!("no such option: {option}"),
                filter if options.filter.is_none() => options.filter = Some(filter.into()),
                other => bail!("only one filter can be given, {other} is another"),
            }
        }
        Ok(options)
    }

    fn runs_on(&self, backend: Backend) -> bool {
        self.only.is_none_or(|only| only == backend)
    }
}

/// Runs what the options ask for and prints the line of counts; whether nothing failed. A failed check counts as a failure.
pub fn test(workspace: &Workspace, options: &Options) -> Result<bool> {
    let start = Instant::now();
    let counts = all(workspace, options)?;
    println!("==> all: {:.0} s", start.elapsed().as_secs_f64());
    println!("{counts}");
    Ok(counts.failed == 0)
}

fn all(workspace: &Workspace, options: &Options) -> Result<Counts> {
    let with_checks = options.filter.is_none();
    let mut counts = Counts::default();
    if with_checks {
        counts += failure(checks::formatting(workspace)?);
        counts += failure(checks::lints(workspace)?);
    }
    let built = step(
        "build",
        &mut workspace.cargo(&["build", "--workspace", "--all-targets"]),
    )?;
    counts += failure(built);
    if !built {
        return Ok(counts);
    }
    let postgres = if options.runs_on(Backend::Postgres) {
        start_postgres()?
    } else {
        None
    };
    if options.runs_on(Backend::Sqlite) {
        counts += run(
            "tests on SQLite and a folder",
            on_sqlite(workspace, postgres.as_ref()),
            options,
        )?;
    }
    match &postgres {
        Some(postgres) => counts += run("suite on PostgreSQL and S3", on_postgres(workspace, postgres), options)?,
        None if options.runs_on(Backend::Postgres) => counts += without_postgres(),
        None => {}
    }
    if with_checks {
        counts += failure(checks::schema(workspace)?);
    }
    Ok(counts)
}

/// The crates' own tests, and the suite. The URL is for tests that are about PostgreSQL itself.
fn on_sqlite(workspace: &Workspace, postgres: Option<&Postgres>) -> Command {
    let mut command = workspace.cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.env(BACKEND, "sqlite").env_remove(POSTGRES_URL);
    command.envs(postgres.map(|postgres| (POSTGRES_URL, postgres.url())));
    command
}

fn on_postgres(workspace: &Workspace, postgres: &Postgres) -> Command {
    let mut command = workspace.cargo(&["test", "--workspace", "--no-fail-fast", "--test", "suite"]);
    command.env(BACKEND, "postgres").env(POSTGRES_URL, postgres.url());
    command.env(POSTGRES_PROGRAMS, postgres.programs());
    command
}

fn start_postgres() -> Result<Option<Postgres>> {
    let mut postgres = None;
    timed("start of PostgreSQL", || {
        postgres = Postgres::start()?;
        Ok(postgres.is_some())
    })?;
    Ok(postgres)
}

fn without_postgres() -> Counts {
    println!(
        "==> !!! The suite did NOT run on PostgreSQL and S3: {} !!!",
        postgres::ADVICE
    );
    if in_ci() {
        Counts::of(false)
    } else {
        Counts {
            skipped: 1,
            ..Counts::default()
        }
    }
}

fn run(title: &str, mut command: Command, options: &Options) -> Result<Counts> {
    command.arg("--").args(&options.filter);
    let mut counts = Counts::default();
    timed(title, || {
        let succeeded = watched(&mut command, |line| {
            counts += Counts::of_cargo(line).unwrap_or_default()
        })?;
        counts += crash(succeeded, counts);
        Ok(succeeded)
    })?;
    Ok(counts)
}

/// A test program that crashed tells of no failed test; it counts as one.
fn crash(succeeded: bool, counts: Counts) -> Counts {
    failure(succeeded || counts.failed > 0)
}

/// A check is not a test: it counts when it fails, so that the line of counts never looks better than the exit code.
fn failure(succeeded: bool) -> Counts {
    Counts {
        failed: (!succeeded).into(),
        ..Counts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_name_a_backend_and_a_filter() {
        let parsed = Options::parse(&["--only", "postgres", "upload"]).unwrap();
        assert!(parsed.runs_on(Backend::Postgres) && !parsed.runs_on(Backend::Sqlite));
        assert_eq!(parsed.filter.as_deref(), Some("upload"));
        let all = Options::parse(&[]).unwrap();
        assert!(all.runs_on(Backend::Postgres) && all.runs_on(Backend::Sqlite) && all.filter.is_none());
    }

    #[test]
    fn what_is_not_an_option_is_refused() {
        for wrong in [&["--only"][..], &["--only", "oracle"], &["--fast"], &["a", "b"]] {
            assert!(Options::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
