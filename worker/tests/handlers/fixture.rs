//! An application with a study in its own database and store.

use crate::dicom::File;
use domain::config::Secret;
use domain::db::Db;
use domain::db::sql::{execute, query};
use domain::jobs::{self, Job, NewJob};
use domain::storage::Batch;
use domain::{App, Config};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, EntityTrait, Value};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub struct Fixture {
    pub app: App,
    _folder: tempfile::TempDir,
}

/// Runs a test on every database that there is.
pub async fn on_each<R: Future<Output = ()>>(test: impl Fn(Fixture) -> R) {
    test(Fixture::open(Secret::default()).await).await;
    let Ok(server) = std::env::var("GANTRY_TEST_POSTGRES_URL") else {
        return eprintln!("SKIPPED on PostgreSQL: GANTRY_TEST_POSTGRES_URL is not set");
    };
    let name = format!("t{}", Uuid::new_v4().simple());
    let admin = Db::connect(&format!("{server}/postgres"), 1, Arc::default()).await.unwrap();
    admin.writer().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    test(Fixture::open(Secret::new(format!("{server}/{name}"))).await).await;
}

impl Fixture {
    async fn open(database_url: Secret) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: folder.path().to_owned(),
            database_url,
            ..Config::default()
        };
        let db = Db::connect(&config.database_url(), 2, Arc::default()).await.unwrap();
        Migrator::up(db.writer(), None).await.unwrap();
        let app = App::open(config, CancellationToken::new()).await.unwrap();
        let fixture = Self { app, _folder: folder };
        fixture
            .write(
                "INSERT INTO centre (id, name, created_at, updated_at) VALUES (1, 'C', {now}, {now})",
                vec![],
            )
            .await;
        let sql = "INSERT INTO study (id, uuid, study_code, centre_id, study_instance_uid, status, patient_name, modality, created_at, updated_at)
                   VALUES (1, $1, 'AAAA1111', 1, '1.2.3', 'uploaded', 'X', 'ct', {now}, {now})";
        fixture.write(sql, vec![Uuid::new_v4().into()]).await;
        fixture
    }

    async fn write(&self, sql: &str, values: Vec<Value>) {
        execute(self.app.db.writer(), sql, values).await.unwrap();
    }

    /// A series of these files.
    pub async fn series(&self, id: i64, syntax: &str, files: Vec<File>) {
        let sql =
            "INSERT INTO series (id, uuid, study_id, series_instance_uid, created_at) VALUES ($1, $2, 1, $3, {now})";
        self.write(
            sql,
            vec![id.into(), Uuid::new_v4().into(), format!("1.2.3.{id}").into()],
        )
        .await;
        let batch = Batch::open(&self.app.db, &self.app.storage).await.unwrap();
        let mut stored = Vec::new();
        for (n, file) in (0i64..).zip(files) {
            let kept = batch.put(file.bytes.into(), "application/dicom").await.unwrap();
            let number = |n: usize| u64::try_from(n).unwrap().to_le_bytes();
            let frames = [number(file.frame.start), number(file.frame.len()), number(1)].concat();
            let sql = "INSERT INTO instance (uuid, study_id, series_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid,
                         instance_number, ordinal, number_of_frames, object_key, size_bytes, sha256, header_end, deflated, frame_ranges, created_at)
                       VALUES ($1, 1, $2, $3, '1.2.840.10008.5.1.4.1.1.2', $4, $5, $6, 1, $7, 1, '', $8, false, $9, {now})";
            let values = vec![
                Uuid::new_v4().into(),
                id.into(),
                format!("1.2.3.{id}.{n}").into(),
                syntax.into(),
                n.into(),
                i32::try_from(id * 1000 + n).unwrap().into(),
                kept.key.clone().into(),
                i64::try_from(file.header_end).unwrap().into(),
                frames.into(),
            ];
            self.write(sql, values).await;
            stored.push(kept);
        }
        let tx = self.app.db.begin().await.unwrap();
        batch.commit(&tx, &stored).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn run<J: Job>(&self, job: J) -> entity::job::Model {
        let id = self.enqueue(job).await;
        worker::run_pending(&self.app).await.unwrap();
        self.job(id).await
    }

    pub async fn enqueue<J: Job>(&self, job: J) -> Uuid {
        let tx = self.app.db.begin().await.unwrap();
        let id = jobs::enqueue(&tx, NewJob::new(job)).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn job(&self, id: Uuid) -> entity::job::Model {
        entity::job::Entity::find_by_id(id).one(self.app.db.writer()).await.unwrap().unwrap()
    }

    pub async fn count(&self, table: &str) -> i64 {
        let rows = query(self.app.db.writer(), &format!("SELECT count(*) FROM {table}"), vec![]).await.unwrap();
        rows[0].try_get_by_index(0).unwrap()
    }
}
