//! Runs a command as a step with a title, and tells how long it took.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

/// Runs a command that must succeed within a limit; what it wrote to its standard output, which must be short.
pub fn answer(command: &mut Command, limit: Duration) -> Result<String> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot run {}", name(command)))?;
    let start = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(20)),
            None => {
                child.kill()?;
                child.wait()?;
                bail!("not done after {} s", limit.as_secs());
            }
        }
    };
    if !status.success() {
        bail!("{status}");
    }
    let mut text = String::new();
    child.stdout.take().context("no output")?.read_to_string(&mut text)?;
    Ok(text)
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Result<String> {
        answer(Command::new("sh").args(["-c", line]), Duration::from_millis(500))
    }

    #[test]
    fn an_answer_comes_in_time_or_not_at_all() {
        assert_eq!(shell("echo 1").unwrap(), "1\n");
        assert!(shell("echo 1; exit 3").is_err());
        let start = Instant::now();
        assert!(shell("exec sleep 600").is_err());
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}
