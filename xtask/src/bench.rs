//! `cargo xtask bench`: measures a release build, under a header that says on what.

use crate::postgres::Postgres;
use crate::run::step;
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// Names the PostgreSQL of the bench program.
pub const SERVER: &str = "GANTRY_TEST_POSTGRES_URL";

/// Subscribers of the bench program have a socket each, and the servers that it starts inherit the limit.
const MANY_FILES: &str = r#"ulimit -n 4096 2>/dev/null; exec "$0" "$@""#;

pub fn bench(workspace: &Workspace, arguments: &[&str]) -> Result<bool> {
    if !build(workspace)? {
        return Ok(false);
    }
    header(workspace);
    let postgres = Postgres::start()?;
    let mut command = Command::new("sh");
    command.args(["-c", MANY_FILES]).arg(program(workspace));
    command.args(arguments).current_dir(&workspace.root);
    match &postgres {
        Some(postgres) => drop(command.env(SERVER, postgres.url())),
        None => println!("There is no PostgreSQL: its rows are left out."),
    }
    step("bench", &mut command)
}

pub fn build(workspace: &Workspace) -> Result<bool> {
    step(
        "release build",
        &mut workspace.cargo(&["build", "--release", "--workspace", "--bins"]),
    )
}

/// The bench program of the release build.
pub fn program(workspace: &Workspace) -> PathBuf {
    workspace.target.join("release/bench")
}

/// On what is measured.
pub fn header(workspace: &Workspace) {
    let cores = std::thread::available_parallelism().map_or_else(|_| "?".into(), |cores| cores.to_string());
    println!("system  {}", told_by("uname", &["-srm"]));
    println!("cpu     {} ({cores} cores)", cpu());
    println!("memory  {}", memory());
    println!("rustc   {}", told_by("rustc", &["--version"]));
    let root = workspace.root.to_string_lossy();
    println!(
        "commit  {}",
        told_by("git", &["-C", &root, "describe", "--always", "--dirty"])
    );
}

fn cpu() -> String {
    let model = proc_field("/proc/cpuinfo", "model name");
    model.unwrap_or_else(|| told_by("sysctl", &["-n", "machdep.cpu.brand_string"]))
}

fn memory() -> String {
    proc_field("/proc/meminfo", "MemTotal").unwrap_or_else(|| told_by("sysctl", &["-n", "hw.memsize"]))
}

fn proc_field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

pub fn told_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if said.is_empty() { "unknown".into() } else { said }
}
