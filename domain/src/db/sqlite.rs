//! The SQLite pools: WAL, one writer, readers that cannot write, and hooks that wake this process when jobs or events commit.

use super::{ACQUIRE_TIMEOUT, Db};
use crate::error::{Error, Result};
use crate::signals::Signals;
use sea_orm::sqlx::ConnectOptions;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteOperation, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::{SqlxSqliteConnector, sqlx};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Another process may hold the write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

pub async fn connect(url: &str, readers: u32, signals: Arc<Signals>) -> Result<Db> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| Error::invalid("databaseUrl", "INVALID_URL", format!("The database URL: {error}")))?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging();
    if let Some(folder) = options.get_filename().parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| {
            let signals = signals.clone();
            Box::pin(async move { wake_on_commit(connection, signals).await })
        })
        .connect_with(options.clone())
        .await
        .map_err(unreachable_file)?;
    let reader = SqlitePoolOptions::new()
        .max_connections(readers)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options.pragma("query_only", "ON"))
        .await
        .map_err(unreachable_file)?;
    Ok(Db {
        reader: SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
        writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
    })
}

fn unreachable_file(error: sqlx::Error) -> Error {
    Error::Unavailable(format!("The database file cannot be opened: {error}"))
}

/// The commit hook runs just before the commit: a fetch of jobs then waits for the writer and finds them, a reader of events
/// might look too early, which `Signals::listen` takes care of.
async fn wake_on_commit(connection: &mut SqliteConnection, signals: Arc<Signals>) -> Result<(), sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    let (jobs, events) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (jobs_seen, events_seen) = (jobs.clone(), events.clone());
    handle.set_update_hook(move |row| match (row.operation, row.table) {
        (SqliteOperation::Insert, "job") => jobs.store(true, Ordering::Relaxed),
        (SqliteOperation::Insert, "event") => events.store(true, Ordering::Relaxed),
        _ => {}
    });
    let (jobs_undone, events_undone) = (jobs_seen.clone(), events_seen.clone());
    handle.set_rollback_hook(move || {
        jobs_undone.store(false, Ordering::Relaxed);
        events_undone.store(false, Ordering::Relaxed);
    });
    handle.set_commit_hook(move || {
        if jobs_seen.swap(false, Ordering::Relaxed) {
            signals.wake_all_queues();
        }
        if events_seen.swap(false, Ordering::Relaxed) {
            signals.committed();
        }
        true
    });
    Ok(())
}
