//! A migrated database of its own for each test, and workers over it.

use domain::db::Db;
use domain::db::sql::{execute, query};
use domain::jobs::{self, Job, JobState, NewJob};
use domain::signals::Signals;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, EntityTrait, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::{Engine, Options, Registry};

const DEADLINE: Duration = Duration::from_secs(20);

pub struct Fixture {
    pub db: Db,
    url: String,
    signals: Arc<Signals>,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

/// Runs a test on every database that there is.
pub async fn on_each<R: Future<Output = ()>>(test: impl Fn(Fixture) -> R) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("new/gantry.db").display());
    test(Fixture::open(url, folder).await).await;
    match std::env::var("GANTRY_TEST_POSTGRES_URL") {
        Ok(server) => test(Fixture::open(new_database(&server).await, tempfile::tempdir().unwrap()).await).await,
        Err(_) => eprintln!("SKIPPED on PostgreSQL: GANTRY_TEST_POSTGRES_URL is not set"),
    }
}

async fn new_database(server: &str) -> String {
    let name = format!("t{}", Uuid::new_v4().simple());
    let admin = Db::connect(&format!("{server}/postgres"), 1, Arc::default()).await.unwrap();
    admin.writer().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    format!("{server}/{name}")
}

impl Fixture {
    async fn open(url: String, folder: tempfile::TempDir) -> Self {
        let signals = Arc::new(Signals::default());
        let db = Db::connect(&url, 8, signals.clone()).await.unwrap();
        Migrator::up(db.writer(), None).await.unwrap();
        let ddl = "CREATE TABLE effect (n bigint NOT NULL, job text NOT NULL)";
        db.writer().execute_unprepared(ddl).await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(signals.clone().listen(db.clone(), stop.clone()));
        Self {
            db,
            url,
            signals,
            stop,
            _folder: folder,
        }
    }

    /// As another process would see the database.
    pub async fn elsewhere(&self) -> Db {
        Db::connect(&self.url, 2, Arc::default()).await.unwrap()
    }

    pub fn worker(&self, registry: Registry, options: Options) -> Running {
        let stop = self.stop.child_token();
        let engine = Engine::new(self.db.clone(), self.signals.clone(), registry, options);
        Running {
            stop: stop.clone(),
            task: tokio::spawn(engine.run(stop)),
        }
    }

    pub async fn run_pending(&self, registry: Registry) -> usize {
        let engine = Engine::new(self.db.clone(), self.signals.clone(), registry, quick());
        engine.run_pending().await.unwrap()
    }

    pub async fn enqueue<J: Job>(&self, job: J) -> Uuid {
        self.enqueue_as(NewJob::new(job)).await
    }

    pub async fn enqueue_as<J: Job>(&self, job: NewJob<J>) -> Uuid {
        let tx = self.db.begin().await.unwrap();
        let id = jobs::enqueue(&tx, job).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Centres with the ids from 1 on.
    pub async fn with_centres(self, count: i64) -> Self {
        for id in 1..=count {
            let sql = "INSERT INTO centre (id, name, created_at, updated_at) VALUES ($1, $2, {now}, {now})";
            execute(self.db.writer(), sql, vec![id.into(), format!("Centre {id}").into()]).await.unwrap();
        }
        self
    }

    /// A study with the id 1.
    pub async fn with_study(self) -> Self {
        let centre = "INSERT INTO centre (id, name, created_at, updated_at) VALUES (1, 'C', {now}, {now})";
        let study = "INSERT INTO study (id, uuid, study_code, centre_id, study_instance_uid, status, patient_name, modality, created_at, updated_at)
                     VALUES (1, $1, 'AAAA1111', 1, '1.2.3', 'uploaded', 'X', 'ct', {now}, {now})";
        execute(self.db.writer(), centre, vec![]).await.unwrap();
        execute(self.db.writer(), study, vec![Uuid::new_v4().into()]).await.unwrap();
        self
    }

    pub async fn job(&self, id: Uuid) -> entity::job::Model {
        entity::job::Entity::find_by_id(id).one(self.db.writer()).await.unwrap().unwrap()
    }

    pub async fn state(&self, id: Uuid) -> JobState {
        JobState::parse(&self.job(id).await.state).unwrap()
    }

    pub async fn until_state(&self, id: Uuid, state: JobState) {
        let began = Instant::now();
        while self.state(id).await != state {
            assert!(
                began.elapsed() < DEADLINE,
                "job is {:?} and not {state:?}",
                self.job(id).await
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The time of a waiting job has come.
    pub async fn make_due(&self, id: Uuid) {
        let sql = "UPDATE job SET run_at = {now} WHERE id = $1";
        execute(self.db.writer(), sql, vec![id.into()]).await.unwrap();
    }

    pub async fn make_lease_expire(&self, id: Uuid) {
        let sql = "UPDATE job SET lease_until = {now+$2} WHERE id = $1";
        execute(self.db.writer(), sql, vec![id.into(), (-1.0).into()]).await.unwrap();
    }

    pub async fn effects(&self) -> i64 {
        self.number("SELECT count(*) FROM effect", vec![]).await
    }

    pub async fn number(&self, sql: &str, values: Vec<Value>) -> i64 {
        query(self.db.writer(), sql, values).await.unwrap()[0].try_get_by_index(0).unwrap()
    }

    /// What subscribers of the job hear.
    pub async fn events(&self, id: Uuid) -> Vec<String> {
        let rows = query(
            self.db.writer(),
            "SELECT kind FROM event WHERE job_id = $1 ORDER BY id",
            vec![id.into()],
        )
        .await;
        rows.unwrap().iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub struct Running {
    pub stop: CancellationToken,
    task: JoinHandle<domain::Result<()>>,
}

impl Running {
    pub async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(DEADLINE, self.task).await.expect("stops").unwrap().unwrap();
    }
}

/// Options under which nothing takes long.
pub fn quick() -> Options {
    Options {
        poll: Duration::from_millis(200),
        grace: Duration::ZERO,
        wind_down: Duration::from_millis(300),
        ..Options::default()
    }
}
