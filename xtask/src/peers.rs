//! `cargo xtask bench peers`: Gantry's job engine beside others, on one PostgreSQL, in turns.
//!
//! A peer is a folder of `tests/bench-peers` with a `suite.json`; the README there says what is measured and how. Every measure has
//! an empty database and a process of its own. What is printed of each figure is the best of all rounds.

mod table;

use crate::bench::{self, SERVER, told_by};
use crate::in_ci;
use crate::postgres::{ADVICE, Postgres};
use crate::run::answer;
use crate::suites::{Suite, shell};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use table::{Figures, table};

const ROUNDS: usize = 2;
/// Slots, and the jobs of that measure: as many as take some seconds.
const LOADS: [(&str, &str); 3] = [("1", "5000"), ("8", "10000"), ("32", "20000")];
const STARTS: &str = "300";
/// No measure may take longer.
const LIMIT: Duration = Duration::from_secs(300);
const DATABASE: &str = "gantry_peer";

pub fn peers(workspace: &Workspace, name: Option<&str>) -> Result<bool> {
    let suites = Suite::find(&workspace.root.join("tests/bench-peers"), name)?;
    if !bench::build(workspace)? {
        return Ok(false);
    }
    let (mut contestants, missing) = install(workspace, &suites);
    let Some(postgres) = Postgres::start()? else {
        bail!("there is no PostgreSQL: {ADVICE}")
    };
    bench::header(workspace);
    println!("server  {}", postgres.version()?);
    println!("node    {}", told_by("node", &["--version"]));
    println!("python  {}", told_by("python3", &["--version"]));
    let mut failed = 0;
    for round in 1..=ROUNDS {
        println!("==> round {round} of {ROUNDS}");
        for measure in measures() {
            for contestant in &mut contestants {
                if let Err(error) = contestant.measure(&postgres, &measure) {
                    failed += 1;
                    println!("==> !!! no figure of {}: {error:#} !!!", contestant.title());
                }
            }
        }
    }
    println!();
    print!(
        "{}",
        table(contestants.iter().map(|contestant| (contestant.title(), &contestant.figures)))
    );
    Ok(failed == 0 && (missing == 0 || !in_ci()))
}

/// The arguments of each measure.
fn measures() -> Vec<Vec<&'static str>> {
    let mut measures: Vec<_> = LOADS.iter().map(|(slots, count)| vec!["jobs", *slots, *count]).collect();
    measures.push(vec!["starts", STARTS]);
    measures
}

/// Ours first, then all ways to run the peers that could be installed, and how many could not.
fn install(workspace: &Workspace, suites: &[Suite]) -> (Vec<Contestant>, usize) {
    let mut contestants = vec![Contestant::new(Program::Ours(bench::program(workspace)))];
    let mut missing = 0;
    for suite in suites {
        match suite.install(&workspace.target.join("bench-peers")) {
            Ok(folder) => contestants.extend(suite.run.iter().map(|line| {
                Contestant::new(Program::Peer {
                    line: line.clone(),
                    folder: folder.clone(),
                })
            })),
            Err(error) => {
                missing += 1;
                println!(
                    "==> !!! {} is NOT measured, it cannot be installed: {error:#} !!!",
                    suite.name
                );
            }
        }
    }
    (contestants, missing)
}

enum Program {
    Ours(PathBuf),
    Peer { line: String, folder: PathBuf },
}

struct Contestant {
    program: Program,
    /// As it calls itself, with its version.
    name: Option<String>,
    figures: Figures,
}

impl Contestant {
    fn new(program: Program) -> Self {
        Self {
            program,
            name: None,
            figures: Figures::default(),
        }
    }

    fn title(&self) -> &str {
        match (&self.name, &self.program) {
            (Some(name), _) => name,
            (None, Program::Ours(_)) => "gantry",
            (None, Program::Peer { line, .. }) => line,
        }
    }

    fn measure(&mut self, postgres: &Postgres, measure: &[&str]) -> Result<()> {
        let mut command = match &self.program {
            Program::Ours(program) => {
                let mut command = Command::new(program);
                command.arg("--peer").args(measure).env(SERVER, postgres.url());
                command
            }
            Program::Peer { line, folder } => {
                let url = postgres.fresh_database(DATABASE)?;
                let mut command = shell(&format!("exec {line} {}", measure.join(" ")));
                command.current_dir(folder).env("DATABASE_URL", url);
                command
            }
        };
        let text = answer(&mut command, LIMIT)?;
        let line = text.lines().last().context("it printed nothing")?;
        println!("{line}");
        let said: Value = serde_json::from_str(line).context("it printed no JSON")?;
        let word = |name: &str| said[name].as_str().with_context(|| format!("no {name}"));
        self.name = Some(format!("{} {}", word("peer")?, word("version")?));
        self.figures.add(&said)
    }
}
