//! A PostgreSQL of the test's own, which it may stop in the middle of work and start again.
//!
//! A shell stands between, as in `cargo xtask`: it holds a pipe of this process, so that the server ends however the test does.
//! When the pipe closes it sends SIGQUIT, which is what `pg_ctl stop -m immediate` does: no checkpoint, connections cut.

use crate::wait;
use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// The folder of PostgreSQL's programs; `cargo xtask test` names it. Else they are looked for on `PATH`.
pub const PROGRAMS: &str = "GANTRY_TEST_POSTGRES_PROGRAMS";

const KEEPER: &str = r#"trap '' INT HUP
"$@" &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server""#;

/// What was acknowledged must survive a crash of the server, and nothing here a crash of the machine.
const SETTINGS: &[&str] = &["fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1"];
/// Accounts without rights that run the server when the tests are run by root.
const ACCOUNTS: &[&str] = &["postgres", "nobody"];
const LIMIT: Duration = Duration::from_secs(30);

pub struct OwnPostgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    user: Option<(u32, u32)>,
    keeper: Option<Child>,
}

/// The folder of `initdb` and `postgres`, when there is one.
pub fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::var_os(PROGRAMS).map(PathBuf::from);
    let mut folders = named.into_iter().chain(std::env::split_paths(&path));
    folders.find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

impl OwnPostgres {
    /// Makes a cluster with an empty database `gantry`, and starts it.
    ///
    /// # Errors
    /// When the programs do not do what they should.
    pub async fn start(programs: PathBuf) -> Result<Self> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory)?
        } else {
            tempfile::tempdir()?
        };
        let user = unprivileged_user().await?;
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Self {
            programs,
            folder,
            port,
            user,
            keeper: None,
        };
        let initdb = [
            "--no-sync",
            "--auth=trust",
            "--username=gantry",
            "--encoding=UTF8",
            "--locale=C",
            "--pgdata",
        ];
        let made = server.command("initdb").args(initdb).arg(server.data()).output().await?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr));
        }
        server.resume().await?;
        let mut connection = server.connect().await?;
        connection.execute(AssertSqlSafe("CREATE DATABASE gantry")).await?;
        connection.close().await?;
        Ok(server)
    }

    /// `postgres://gantry@127.0.0.1:PORT/gantry`
    pub fn url(&self) -> String {
        format!("postgres://gantry@127.0.0.1:{}/gantry", self.port)
    }

    /// Stops at once, as a crash would; answers when it is gone.
    ///
    /// # Errors
    /// When it is not.
    pub async fn crash(&mut self) -> Result<()> {
        let mut keeper = self.keeper.take().context("the server does not run")?;
        drop(keeper.stdin.take());
        tokio::time::timeout(LIMIT, keeper.wait()).await.context("the server goes on")??;
        Ok(())
    }

    /// Starts it again on the same data and port; answers when it takes connections.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn resume(&mut self) -> Result<()> {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log"))?;
        let mut command = self.command("sh");
        command.args(["-c", KEEPER, "sh"]).arg(self.programs.join("postgres")).arg("-D").arg(self.data());
        command.args(["-p", &self.port.to_string(), "-k"]).arg(self.folder.path());
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).process_group(0);
        self.keeper = Some(command.spawn().context("cannot run sh")?);
        wait::until("PostgreSQL takes connections", LIMIT, async || {
            self.connect().await.ok()?.close().await.ok()
        })
        .await;
        Ok(())
    }

    async fn connect(&self) -> Result<PgConnection> {
        let url = format!("postgres://gantry@127.0.0.1:{}/postgres", self.port);
        Ok(url.parse::<PgConnectOptions>()?.disable_statement_logging().connect().await?)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of the server, or of the system, as the user that runs the server.
    fn command(&self, program: &str) -> Command {
        let own = self.programs.join(program);
        let mut command = Command::new(if own.is_file() { own } else { program.into() });
        command.current_dir(self.folder.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for OwnPostgres {
    /// The folder goes after the server has, as far as that can be waited for here.
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let began = std::time::Instant::now();
            while matches!(keeper.try_wait(), Ok(None)) && began.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// Who runs the server when the tests are run by root: PostgreSQL refuses that.
async fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    if id(&["-u"]).await != Some(0) {
        return Ok(None);
    }
    for account in ACCOUNTS {
        if let (Some(uid), Some(gid)) = (id(&["-u", account]).await, id(&["-g", account]).await) {
            return Ok(Some((uid, gid)));
        }
    }
    bail!("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

async fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().await.ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
