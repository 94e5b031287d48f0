//! A server that lives no longer than xtask does, however xtask ends.
//!
//! A shell stands between: it starts the server and reads a pipe that only xtask holds. When the pipe closes (xtask dropped the
//! service, failed, or was killed by Ctrl-C or otherwise) the shell stops the server and removes its folder.

use anyhow::{Context, Result};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// Arguments: folder to remove, signal that stops, command. Ctrl-C reaches the whole foreground group, hence the trap.
const KEEPER: &str = r#"trap '' INT HUP
folder=$1 signal=$2; shift 2
"$@" >"$folder/log" 2>&1 &
server=$!
cat >/dev/null
kill -s "$signal" "$server" 2>/dev/null
wait "$server"
rm -rf "$folder""#;

/// A user by number, for programs that refuse to run as root.
#[derive(Clone, Copy)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

/// How a server is started.
pub struct Start<'a> {
    pub command: &'a Path,
    pub arguments: &'a [String],
    pub environment: &'a [(&'a str, String)],
    /// The signal that stops it: `TERM`, `INT`.
    pub signal: &'a str,
    /// Another user than this one.
    pub user: Option<User>,
}

pub struct Service {
    /// Its own; `log` holds what it printed.
    folder: PathBuf,
    keeper: Child,
    pipe: Option<ChildStdin>,
}

impl Service {
    /// Starts a server that owns a folder, which is removed with it.
    pub fn start(folder: PathBuf, start: &Start) -> Result<Self> {
        let mut command = Command::new("sh");
        command
            .args(["-c", KEEPER, "sh"])
            .arg(&folder)
            .arg(start.signal)
            .arg(start.command)
            .args(start.arguments);
        command.envs(start.environment.iter().map(|(name, value)| (name, value)));
        command
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        as_user(&mut command, start.user);
        let mut keeper = command.spawn().context("cannot run sh")?;
        let pipe = keeper.stdin.take();
        Ok(Self { folder, keeper, pipe })
    }

    /// Asks until the server is ready; tells the end of its log when that takes too long.
    pub fn wait_until(&self, limit: Duration, ready: impl Fn(&Path) -> bool) -> Result<()> {
        let start = Instant::now();
        while !ready(&self.folder) {
            if start.elapsed() > limit {
                anyhow::bail!(
                    "not ready after {} s; its log ends with\n{}",
                    limit.as_secs(),
                    self.log_end()
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The file that holds what it prints.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The last lines that it printed.
    pub fn log_end(&self) -> String {
        let log = std::fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.pipe.take());
        if let Err(error) = self.keeper.wait() {
            eprintln!("xtask: a server was not stopped: {error}");
        }
    }
}

/// Lets a command run as another user.
pub fn as_user(command: &mut Command, user: Option<User>) {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
}

/// A port of the loopback that nobody listens on.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// A new folder for a server, in memory where the system has it when asked for.
pub fn new_folder(name: &str, in_memory: bool) -> Result<PathBuf> {
    let shared_memory = Path::new("/dev/shm");
    let parent = if in_memory && shared_memory.is_dir() {
        shared_memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let folder = parent.join(format!("gantry-{name}-{}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path) -> Service {
        let start = Start {
            command: Path::new("sh"),
            arguments: &["-c".into(), "echo up; echo $$ >pid; exec sleep 600".into()],
            environment: &[],
            signal: "TERM",
            user: None,
        };
        Service::start(folder.to_owned(), &start).unwrap()
    }

    fn alive(pid: &str) -> bool {
        let status = Command::new("kill").args(["-0", pid.trim()]).stderr(Stdio::null()).status();
        status.unwrap().success()
    }

    #[test]
    fn a_service_ends_with_its_value_and_takes_its_folder_along() {
        let folder = new_folder("service-test", false).unwrap();
        let service = sleeper(&folder);
        service.wait_until(Duration::from_secs(20), |folder| folder.join("pid").exists()).unwrap();
        assert_eq!(service.log_end(), "up");
        let mut pid = String::new();
        while !pid.ends_with('\n') {
            pid = std::fs::read_to_string(folder.join("pid")).unwrap();
        }
        assert!(alive(&pid));
        drop(service);
        assert!(!alive(&pid));
        assert!(!folder.exists());
    }
}
