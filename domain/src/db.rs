//! Connections to the database, and the differences between the two kinds of it that services must not see.
//!
//! Invariants: on SQLite there is one writing connection, so that writers queue instead of failing, and the readers cannot write;
//! a write transaction takes the write lock when it begins. On PostgreSQL readers and writers share one pool.
//! Never ask for `writer()` or `begin()` while holding a transaction: on SQLite that waits for itself.

pub mod sql;
mod sqlite;

pub use sea_orm::DatabaseTransaction as Transaction;

use crate::error::{Error, Result};
use crate::signals::Signals;
use sea_orm::sqlx::Executor;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
/// A process that stopped within a transaction must not hold its locks for ever.
const IDLE_TRANSACTION: &str = "SET idle_in_transaction_session_timeout = '60s'";

#[derive(Debug, Clone)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    statements: Arc<AtomicU64>,
    /// Reader and writer as they are before their statements are counted.
    plain: (DatabaseConnection, DatabaseConnection),
}

impl Db {
    /// `url` is `sqlite://path` (the file and its folder are made) or `postgres://...`. Commits of jobs and events that this
    /// process makes on SQLite wake `signals`; `Signals::listen` hears of all others. `connections` bounds the pool (SQLite: the readers).
    pub async fn connect(url: &str, connections: u32, signals: Arc<Signals>) -> Result<Self> {
        if url.starts_with("sqlite:") {
            return sqlite::connect(url, connections, signals).await;
        }
        if !(url.starts_with("postgres:") || url.starts_with("postgresql:")) {
            return Err(Error::invalid(
                "databaseUrl",
                "INVALID_URL",
                "The database URL must begin with sqlite:// or postgres://",
            ));
        }
        let mut options = ConnectOptions::new(url);
        options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
        options.map_sqlx_postgres_pool_opts(|pool| {
            pool.after_connect(|connection, _| {
                Box::pin(async move { connection.execute(IDLE_TRANSACTION).await.map(drop) })
            })
        });
        let pool = Database::connect(options).await?;
        Ok(Self::counted(pool.clone(), pool))
    }

    fn counted(mut reader: DatabaseConnection, mut writer: DatabaseConnection) -> Self {
        let statements = Arc::new(AtomicU64::new(0));
        let plain = (reader.clone(), writer.clone());
        for pool in [&mut reader, &mut writer] {
            let statements = statements.clone();
            pool.set_metric_callback(move |statement| {
                statements.fetch_add(1, Ordering::Relaxed);
                metrics::histogram!("gantry_database_statement_seconds").record(statement.elapsed);
            });
        }
        Self {
            reader,
            writer,
            statements,
            plain,
        }
    }

    /// The same pools for work beside all requests: its statements are nobody's, and are not counted.
    pub(crate) fn aside(&self) -> Self {
        let (reader, writer) = self.plain.clone();
        Self {
            reader,
            writer,
            statements: Arc::default(),
            plain: self.plain.clone(),
        }
    }

    /// How many statements this process has sent.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// For statements that only read.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For single statements that write.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Keeps the planner's statistics up to date; PostgreSQL does so by itself.
    pub async fn optimize(&self) -> Result<()> {
        if self.backend() == DbBackend::Sqlite {
            self.writer.execute_unprepared(sqlite::OPTIMIZE).await?;
        }
        Ok(())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.reader.ping().await?)
    }

    /// Closes all connections; the clones of this one cannot be used any more.
    pub async fn close(self) -> Result<()> {
        self.reader.close().await?;
        Ok(self.writer.close().await?)
    }

    /// A write transaction. Dropped without `commit` it is rolled back.
    pub async fn begin(&self) -> Result<Transaction> {
        let sqlite = self.backend() == DbBackend::Sqlite;
        let options = TransactionOptions {
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }
}
