//! `TestApp`: one server a test, and the people who use it.

use crate::client::Client;
use crate::{postgres, s3};
use domain::config::{Secret, Switch};
use domain::context::Role;
use domain::storage::Storage;
use domain::users::NewUser;
use domain::{App, Config, Context, centres, users};
use migration::{Migrator, MigratorTrait};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub const PASSWORD: &str = "a good password";

pub struct TestApp {
    pub app: App,
    pub base: String,
    /// A centre that everybody's `_of` is about unless a test makes another.
    pub centre: i64,
    pub other_centre: i64,
    pub dir: TempDir,
    _store: Option<s3::S3Server>,
    _database: Option<postgres::TestDatabase>,
    _stop: DropGuard,
}

pub fn on_postgres() -> bool {
    std::env::var("GANTRY_TEST_BACKEND").is_ok_and(|backend| backend == "postgres")
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config {
            data_dir: dir.path().to_owned(),
            secret: Secret::new("a secret for tests that is long enough"),
            rate_limits: Switch::Off,
            ..Config::default()
        };
        let (mut store, mut database) = (None, None);
        if on_postgres() {
            let made =
                postgres::TestDatabase::create(|url| async move { migrate(&url).await }).await.expect("a database");
            config.database_url = Secret::new(made.url());
            config.database_connections = 8;
            database = Some(made);
            let server = s3::S3Server::start().await.expect("an S3 server");
            store = Some(server);
        } else {
            migrate(&config.database_url()).await.expect("a migrated database");
        }
        change(&mut config);
        config.check().expect("sound settings");
        let stop = CancellationToken::new();
        let storage = match &store {
            Some(server) => Storage::s3(server.builder(), "gantry", s3::TIMEOUT).expect("a store"),
            None => Storage::open(&config.storage_url(), s3::TIMEOUT).expect("a store"),
        };
        let app = App::open_with(config, storage, stop.clone()).await.expect("an app");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(api::serve(app.clone(), listener));
        let centre = new_centre(&app, "Centre North").await;
        let other_centre = new_centre(&app, "Centre South").await;
        Self {
            app,
            base,
            centre,
            other_centre,
            dir,
            _store: store,
            _database: database,
            _stop: stop.drop_guard(),
        }
    }

    /// Runs every job that is due, without sleeping.
    pub async fn run_pending_jobs(&self) -> usize {
        worker::run_pending(&self.app).await.expect("jobs ran")
    }

    pub fn anonymous(&self) -> Client {
        Client::new(&self.base, None)
    }

    pub async fn admin(&self) -> Client {
        self.user("admin", Role::Admin, None).await
    }

    pub async fn radiologist(&self) -> Client {
        self.user("radiologist", Role::Radiologist, None).await
    }

    pub async fn technician_of(&self, centre: i64) -> Client {
        self.user(&format!("technician{centre}"), Role::Technician, Some(centre)).await
    }

    pub async fn manager_of(&self, centre: i64) -> Client {
        self.user(&format!("manager{centre}"), Role::DiagnosticCentre, Some(centre)).await
    }

    /// Signs a user in, made on first use.
    pub async fn user(&self, username: &str, role: Role, centre_id: Option<i64>) -> Client {
        let new = NewUser {
            username: username.into(),
            email: format!("{username}@example.org"),
            full_name: format!("Test {username}"),
            password: PASSWORD.into(),
            role,
            centre_id,
        };
        match users::user_create(&self.app, &self.system(), new).await {
            Ok(_) | Err(domain::Error::Conflict(_)) => {}
            Err(error) => panic!("user {username}: {error:?}"),
        }
        Client::sign_in(&self.base, username, PASSWORD).await
    }

    pub fn system(&self) -> Context {
        Context::system("test")
    }
}

async fn new_centre(app: &App, name: &str) -> i64 {
    let input = centres::CentreInput {
        name: Some(name.into()),
        ..Default::default()
    };
    centres::centre_create(app, &Context::system("test"), input).await.expect("a centre").id
}

pub(crate) async fn migrate(url: &str) -> anyhow::Result<()> {
    let db = domain::db::Db::connect(url, 4, Arc::new(domain::signals::Signals::default())).await?;
    Migrator::up(db.writer(), None).await?;
    db.close().await?;
    Ok(())
}
