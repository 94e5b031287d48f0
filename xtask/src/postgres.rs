//! A throw-away PostgreSQL: found or installed, started on a random port as a user that is not root, removed afterwards.

mod programs;

use crate::service::{Service, Start, User, as_user, free_port, new_folder};
use anyhow::{Context, Result, bail};
pub use programs::ADVICE;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Nothing here is worth keeping, so nothing is written to disk before it must be.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=400",
    "max_wal_size=4GB",
    "listen_addresses=127.0.0.1",
];

/// Accounts without rights that run the server when xtask is root.
const ACCOUNTS: &[&str] = &["postgres", "nobody"];

pub struct Postgres {
    programs: PathBuf,
    port: u16,
    _service: Service,
}

impl Postgres {
    /// Starts a server; `None` when there is no PostgreSQL and none can be installed.
    pub fn start() -> Result<Option<Self>> {
        let Some(programs) = programs::find_or_install()? else {
            return Ok(None);
        };
        let user = unprivileged_user()?;
        let folder = new_folder("postgres", true)?;
        let started = make_cluster(&programs, &folder, user).and_then(|()| start_server(&programs, &folder, user));
        if started.is_err() && folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        started.map(Some)
    }

    /// The folder of its programs, for tests that start a server of their own.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// `postgres://gantry@127.0.0.1:PORT`, without a database.
    pub fn url(&self) -> String {
        format!("postgres://gantry@127.0.0.1:{}", self.port)
    }

    /// An empty database with this name, whatever was there before; its URL.
    pub fn fresh_database(&self, name: &str) -> Result<String> {
        let mut psql = Command::new(self.client());
        psql.arg(format!("{}/postgres", self.url()))
            .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]);
        for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            psql.arg("--command").arg(format!("{statement} {name}"));
        }
        let output = psql.output().context("cannot run psql")?;
        if !output.status.success() {
            bail!("psql: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(format!("{}/{name}", self.url()))
    }

    /// `postgres (PostgreSQL) 17.2`
    pub fn version(&self) -> Result<String> {
        let output = Command::new(self.programs.join("postgres")).arg("--version").output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// psql, which some systems keep apart from the server.
    fn client(&self) -> PathBuf {
        let beside = self.programs.join("psql");
        if beside.is_file() { beside } else { "psql".into() }
    }
}

/// Keeps a server until its input ends.
pub fn keep() -> Result<bool> {
    let Some(postgres) = Postgres::start()? else {
        bail!("there is no PostgreSQL: {ADVICE}")
    };
    println!("{}\nCtrl-C or end of input stops and removes it.", postgres.url());
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(true)
}

fn make_cluster(programs: &Path, folder: &Path, user: Option<User>) -> Result<()> {
    if let Some(user) = user {
        std::os::unix::fs::chown(folder, Some(user.uid), Some(user.gid))?;
    }
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.args([
        "--no-sync",
        "--auth=trust",
        "--username=gantry",
        "--encoding=UTF8",
        "--locale=C",
        "--pgdata",
    ]);
    initdb.arg(data(folder)).current_dir(folder);
    as_user(&mut initdb, user);
    let output = initdb.output().context("cannot run initdb")?;
    if !output.status.success() {
        bail!("initdb: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

fn start_server(programs: &Path, folder: &Path, user: Option<User>) -> Result<Postgres> {
    let port = free_port()?;
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut arguments = vec![
        "-D".into(),
        path(&data(folder)),
        "-p".into(),
        port.to_string(),
        "-k".into(),
        path(folder),
    ];
    for setting in SETTINGS {
        arguments.extend(["-c".into(), (*setting).into()]);
    }
    let start = Start {
        command: &programs.join("postgres"),
        arguments: &arguments,
        environment: &[],
        signal: "INT",
        user,
    };
    let service = Service::start(folder.to_owned(), &start)?;
    service.wait_until(Duration::from_secs(30), is_ready).context("PostgreSQL")?;
    Ok(Postgres {
        programs: programs.to_owned(),
        port,
        _service: service,
    })
}

/// The server writes its state into line 8 of its lock file, which is what `pg_ctl` waits for too.
fn is_ready(folder: &Path) -> bool {
    let lock = std::fs::read_to_string(data(folder).join("postmaster.pid")).unwrap_or_default();
    lock.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// The user to run as, when this one is root: PostgreSQL refuses that.
fn unprivileged_user() -> Result<Option<User>> {
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    let users = ACCOUNTS.iter().map(|account| {
        Some(User {
            uid: id(&["-u", account])?,
            gid: id(&["-g", account])?,
        })
    });
    let user = users.flatten().next();
    user.map(Some).context("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
