//! Runs a command as a step with a title, and tells how long it took.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs a command with its output as it comes; whether it succeeded.
pub fn step(title: &str, command: &mut Command) -> Result<bool> {
    timed(title, || {
        let status = command.status().with_context(|| format!("cannot run {}", name(command)))?;
        Ok(status.success())
    })
}

/// Does something as a step; what it answers is whether it succeeded.
pub fn timed(title: &str, work: impl FnOnce() -> Result<bool>) -> Result<bool> {
    println!("==> {title}");
    let start = Instant::now();
    let succeeded = work()?;
    let verdict = if succeeded { "ok" } else { "FAILED" };
    println!("==> {title}: {verdict}, {:.1} s", start.elapsed().as_secs_f64());
    Ok(succeeded)
}

/// Runs a command, passes its standard output on as it comes, and shows each line to `see`; whether it succeeded.
pub fn watched(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot run {}", name(command)))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line?;
            let mut out = std::io::stdout().lock();
            out.write_all(&line)?;
            out.write_all(b"\n")?;
            see(&String::from_utf8_lossy(&line));
        }
    }
    Ok(child.wait()?.success())
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
