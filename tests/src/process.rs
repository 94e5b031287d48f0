//! The real binary `gantry` in processes of its own, all on one database and one store.

use crate::app::{PASSWORD, on_postgres};
use crate::client::Client;
use crate::{postgres, s3};
use domain::config::Secret;
use domain::context::Role;
use domain::storage::Storage;
use domain::users::NewUser;
use domain::{App, Config, Context, centres, users};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio_util::sync::{CancellationToken, DropGuard};

/// No step of a process may take longer.
pub const DEADLINE: Duration = Duration::from_secs(60);
const SECRET: &str = "a secret for tests that is long enough";
const SERVES: &str = "Gantry serves on ";

/// The binary, which lies beside the programs of the same build.
///
/// # Panics
/// When it was not built.
pub fn binary() -> PathBuf {
    let program = std::env::current_exe().expect("the path of this program");
    let found = program.ancestors().skip(1).take(2).map(|folder| folder.join("gantry")).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("no gantry beside {}: run cargo build first", program.display()))
}

/// A migrated database and a store, for any number of processes; this one looks at them through `app`.
pub struct Installation {
    pub app: App,
    pub dir: TempDir,
    environment: Vec<(String, String)>,
    objects: PathBuf,
    store: Option<s3::S3Server>,
    _database: Option<postgres::TestDatabase>,
    _stop: DropGuard,
}

/// What an installation is made of.
#[derive(Default)]
pub struct Site<'a> {
    /// PostgreSQL and S3 instead of SQLite and a folder.
    pub postgres: bool,
    /// Further settings of the processes.
    pub settings: &'a [(&'a str, &'a str)],
    /// Another folder for the data than a temporary one.
    pub data_dir: Option<PathBuf>,
    /// An empty PostgreSQL database that the test brings along.
    pub database_url: Option<String>,
}

impl Installation {
    /// On the database and store that the environment names.
    pub async fn new() -> Self {
        Self::on(on_postgres(), &[]).await
    }

    /// On PostgreSQL and S3, or on SQLite and a folder; with further settings of the processes.
    pub async fn on(postgres: bool, settings: &[(&str, &str)]) -> Self {
        Self::at(Site {
            postgres,
            settings,
            ..Site::default()
        })
        .await
    }

    pub async fn at(site: Site<'_>) -> Self {
        let Site { postgres, settings, .. } = site;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config {
            data_dir: site.data_dir.unwrap_or_else(|| dir.path().join("data")),
            secret: Secret::new(SECRET),
            ..Config::default()
        };
        let mut environment = vec![
            ("GANTRY_DATA_DIR".to_owned(), config.data_dir.display().to_string()),
            ("GANTRY_LISTEN".into(), "127.0.0.1:0".into()),
            ("GANTRY_SECRET".into(), SECRET.into()),
            ("GANTRY_RATE_LIMITS".into(), "off".into()),
        ];
        environment.extend(settings.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let mut objects = config.data_dir.join("objects");
        let (mut store, mut database) = (None, None);
        if postgres {
            let url = match site.database_url {
                Some(url) => url,
                None => {
                    let made = postgres::TestDatabase::create(|url| async move { crate::app::migrate(&url).await });
                    database.insert(made.await.expect("a database")).url()
                }
            };
            config.database_url = Secret::new(url.as_str());
            environment.push(("GANTRY_DATABASE_URL".into(), url));
            let server = s3::S3Server::start().await.expect("an S3 server");
            environment.extend(server.environment().into_iter().map(|(name, value)| (name.into(), value)));
            objects = server.folder();
            store = Some(server);
        }
        migrate(dir.path(), &environment).await;
        let storage = match &store {
            Some(server) => Storage::s3(server.builder(), "", s3::TIMEOUT),
            None => Storage::open(&config.storage_url(), s3::TIMEOUT),
        };
        let stop = CancellationToken::new();
        let app = App::open_with(config, storage.expect("a store"), stop.clone()).await.expect("an app");
        Self {
            app,
            dir,
            environment,
            objects,
            store,
            _database: database,
            _stop: stop.drop_guard(),
        }
    }

    /// A setting of the processes that are started from now on.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.push((name.into(), value.into()));
    }

    /// Leaves a setting to its default, for the processes that are started from now on.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    /// Where the S3 server listens.
    ///
    /// # Panics
    /// When the store is a folder.
    pub fn store(&self) -> SocketAddr {
        self.store.as_ref().expect("an S3 server").address()
    }

    /// The binary with these arguments and the settings of this installation.
    pub fn gantry(&self, arguments: &[&str]) -> Command {
        command(self.dir.path(), &self.environment, arguments)
    }

    /// Runs the binary to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        run(self.gantry(arguments)).await
    }

    /// Starts the binary; it is killed when the answer is dropped.
    pub fn start(&self, arguments: &[&str]) -> Process {
        let log = self.dir.path().join(format!("{}.log", uuid::Uuid::new_v4()));
        let mut command = self.gantry(arguments);
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).expect("a log file"));
        let mut child = command.spawn().expect("a process");
        let lines = child.stdout.take().map(|out| BufReader::new(out).lines()).expect("its output");
        Process { child, lines, log }
    }

    /// A technician of the one centre, made on first use.
    pub async fn technician(&self, base: &str) -> Client {
        let system = Context::system("test");
        let input = centres::CentreInput {
            name: Some("Centre North".into()),
            ..Default::default()
        };
        if let Ok(centre) = centres::centre_create(&self.app, &system, input).await {
            let new = NewUser {
                username: "technician".into(),
                email: "technician@example.org".into(),
                full_name: "Test Technician".into(),
                password: PASSWORD.into(),
                role: Role::Technician,
                centre_id: Some(centre.id),
            };
            users::user_create(&self.app, &system, new).await.expect("a technician");
        }
        Client::sign_in(base, "technician", PASSWORD).await
    }

    /// The bytes of an object as they lie in the store.
    ///
    /// # Panics
    /// When there is no such object.
    pub fn object(&self, key: &str) -> Vec<u8> {
        std::fs::read(self.objects.join(key)).unwrap_or_else(|error| panic!("{key}: {error}"))
    }

    /// Keys of everything that lies in the store, unfinished objects included, in order.
    pub fn objects(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.objects.clone()];
        while let Some(folder) = folders.pop() {
            // A folder that was removed meanwhile is empty.
            for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(key) = path.strip_prefix(&self.objects) {
                    found.push(key.display().to_string());
                }
            }
        }
        found.sort();
        found
    }
}

async fn migrate(folder: &Path, environment: &[(String, String)]) {
    let output = run(command(folder, environment, &["migrate"])).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn command(folder: &Path, environment: &[(String, String)], arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
    command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command to its end, which must come.
///
/// # Panics
/// When it does not.
pub async fn run(mut command: Command) -> Output {
    let output = tokio::time::timeout(DEADLINE, command.output()).await;
    output.expect("the process ends").expect("the process runs")
}

/// A process that runs.
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
}

impl Process {
    /// Where it serves, as it prints it when it is ready.
    pub async fn base(&mut self) -> String {
        loop {
            let line = tokio::time::timeout(DEADLINE, self.lines.next_line()).await;
            match line {
                Ok(Ok(Some(line))) => {
                    if let Some(base) = line.strip_prefix(SERVES) {
                        return base.to_owned();
                    }
                }
                _ => panic!("gantry does not serve: {}", self.log()),
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// `kill -9`, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("the process could be killed");
    }

    /// SIGTERM, and how it ended.
    pub async fn terminate(&mut self) -> ExitStatus {
        let status = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().await;
        assert!(status.expect("kill runs").success());
        let ended = tokio::time::timeout(DEADLINE, self.child.wait()).await;
        let ended = ended.unwrap_or_else(|_| panic!("the process goes on: {}", self.log()));
        ended.expect("the process ended")
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}
