//! `cargo xtask bench peers`: Gantry's job engine beside others, on one PostgreSQL, in turns.
//!
//! A peer is a folder of `tests/bench-peers` with a `suite.json`; the README there says what is measured and how. Every measure has
//! an empty database and a process of its own. What is printed of each figure is the best of all rounds. A first round finds how many
//! jobs each does in a second, so that a measure takes all of them some seconds.

mod table;

use crate::bench::{self, SERVER, told_by};
use crate::in_ci;
use crate::postgres::{ADVICE, Postgres};
use crate::run::answer;
use crate::suites::{Suite, shell};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use table::{Figures, table};

const ROUNDS: usize = 2;
const SLOTS: [u32; 3] = [1, 8, 32];
const STARTS: u32 = 300;
/// Jobs of the first round.
const TRIAL: u32 = 2_000;
/// Jobs of the other rounds: as many as take so many seconds, but not fewer or more than these.
const SECONDS: f64 = 3.0;
const JOBS: (f64, f64) = (5_000.0, 200_000.0);
/// No measure may take longer.
const LIMIT: Duration = Duration::from_secs(300);
const DATABASE: &str = "gantry_peer";

#[derive(Clone, Copy)]
enum Measure {
    /// As many jobs a second as that many slots do.
    Jobs(u32),
    Starts,
}

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
    for round in 0..=ROUNDS {
        println!(
            "==> round {round} of {ROUNDS}{}",
            if round == 0 { ", which does not count" } else { "" }
        );
        for measure in SLOTS.map(Measure::Jobs).into_iter().chain([Measure::Starts]) {
            for contestant in &mut contestants {
                if let Err(error) = contestant.measure(&postgres, measure, round) {
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
    /// Jobs a second in the first round, by slots.
    paces: BTreeMap<u32, f64>,
    figures: Figures,
}

impl Contestant {
    fn new(program: Program) -> Self {
        Self {
            program,
            name: None,
            paces: BTreeMap::new(),
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

    /// Takes part in a round; in the first, only the pace is kept.
    fn measure(&mut self, postgres: &Postgres, measure: Measure, round: usize) -> Result<()> {
        let arguments = match (measure, round) {
            (Measure::Jobs(slots), 0) => format!("jobs {slots} {TRIAL}"),
            (Measure::Jobs(slots), _) => format!("jobs {slots} {}", self.jobs(slots)),
            (Measure::Starts, 0) => return Ok(()),
            (Measure::Starts, _) => format!("starts {STARTS}"),
        };
        let text = answer(&mut self.command(postgres, &arguments)?, LIMIT)?;
        let line = text.lines().last().context("it printed nothing")?;
        println!("{line}");
        let said: Value = serde_json::from_str(line).context("it printed no JSON")?;
        let word = |name: &str| said[name].as_str().with_context(|| format!("no {name}"));
        self.name = Some(format!("{} {}", word("peer")?, word("version")?));
        match (measure, round) {
            (Measure::Jobs(slots), 0) => {
                let rate = said["jobs_per_second"].as_f64().context("no jobs_per_second")?;
                self.paces.insert(slots, rate);
                Ok(())
            }
            _ => self.figures.add(&said),
        }
    }

    /// How many jobs take it long enough.
    fn jobs(&self, slots: u32) -> u32 {
        let rate = self.paces.get(&slots).copied().unwrap_or_default();
        let (least, most) = JOBS;
        ((rate * SECONDS / 1e3).ceil() * 1e3).clamp(least, most) as u32
    }

    fn command(&self, postgres: &Postgres, arguments: &str) -> Result<Command> {
        Ok(match &self.program {
            Program::Ours(program) => {
                let mut command = Command::new(program);
                command.arg("--peer").args(arguments.split(' ')).env(SERVER, postgres.url());
                command
            }
            Program::Peer { line, folder } => {
                let url = postgres.fresh_database(DATABASE)?;
                let mut command = shell(&format!("exec {line} {arguments}"));
                command.current_dir(folder).env("DATABASE_URL", url);
                command
            }
        })
    }
}
