//! A server of GraphQL that takes part: ours, or a peer in processes of its own.

use crate::load::Request;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::collections::HashMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use tests::process::{DEADLINE, Process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// Studies of a page.
const FIRST: u32 = 50;
/// In the folder of a peer: what it says besides its name.
const LOG: &str = "log";

pub struct Server {
    /// As it calls itself, with its version.
    pub name: String,
    pub request: Request,
    running: Running,
}

enum Running {
    Ours(Process),
    Peer(Peer),
}

/// Killed with its children when it is dropped.
struct Peer {
    child: Child,
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    pub fn ours(process: Process, base: &str, token: Option<String>, query: &str) -> Self {
        Self {
            name: format!("gantry {}", env!("CARGO_PKG_VERSION")),
            request: Request::new(format!("{base}/graphql"), token, query, &json!({ "first": FIRST })),
            running: Running::Ours(process),
        }
    }

    /// Runs a line of `sh` in a folder and waits for the line by which it says its name.
    pub async fn peer(folder: &Path, line: &str, database_url: &str) -> Result<Self> {
        let query = std::fs::read_to_string(folder.join("query.graphql"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec {line}")]).current_dir(folder);
        command.env("DATABASE_URL", database_url).env("PORT", port.to_string());
        let log = std::fs::File::create(folder.join(LOG))?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut lines = child.stdout.take().map(|out| BufReader::new(out).lines()).context("no output")?;
        let name = timeout(DEADLINE, lines.next_line()).await;
        let peer = Peer { child, _lines: lines };
        let Ok(Ok(Some(name))) = name else {
            bail!("it does not say that it is up; {LOG} in its folder may say why");
        };
        let url = format!("http://127.0.0.1:{port}/graphql");
        Ok(Self {
            name,
            request: Request::new(url, None, &query, &json!({ "first": FIRST })),
            running: Running::Peer(peer),
        })
    }

    /// Its processes, and their resident memory in MiB, with what they share counted once.
    pub fn memory(&self) -> Result<(usize, f64)> {
        let first = match &self.running {
            Running::Ours(process) => process.id(),
            Running::Peer(peer) => peer.child.id().context("it has ended")?,
        };
        let all = family(first)?;
        let sizes = all.iter().map(|process| proportional(*process));
        Ok((all.len(), sizes.sum::<Result<f64>>()?))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let all = self.child.id().map(family);
        for process in all.into_iter().flatten().flatten() {
            // Best effort: what has ended meanwhile needs no signal.
            let _ = std::process::Command::new("kill").args(["-KILL", &process.to_string()]).status();
        }
    }
}

/// A process and all that it has started.
fn family(first: u32) -> Result<Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").context("there is no /proc")? {
        let Ok(process) = entry?.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // It may have ended since the folder was read.
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(process);
    }
    let mut all = vec![first];
    let mut at = 0;
    while at < all.len() {
        all.extend(children.remove(&all[at]).unwrap_or_default());
        at += 1;
    }
    Ok(all)
}

fn proportional(process: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let size = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
    let kilobytes: f64 = size.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}
