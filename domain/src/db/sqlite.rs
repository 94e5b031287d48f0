//! The SQLite pools: WAL, one writer, readers that cannot write, and hooks that wake this process when jobs or events commit.
//!
//! Invariant: whoever gets the writer is in no transaction. When the disk is full SQLite may end a transaction by itself; the ROLLBACK
//! that follows then fails, and sqlx goes on to count a transaction that is none: what begins next would be a savepoint, which one
//! more rollback leaves open for ever, so that nothing is committed any more though every commit is answered well. Such a connection
//! is thrown away.

use super::{ACQUIRE_TIMEOUT, Db};
use crate::error::{Error, Result};
use crate::signals::Signals;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteOperation, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{ConnectOptions, Connection, Executor};
use sea_orm::{SqlxSqliteConnector, sqlx};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Statistics for the planner where they are missing or old, of a sample of each table (SQLite's own advice, "PRAGMA optimize").
pub const OPTIMIZE: &str = "PRAGMA optimize=0x10002";
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
        // After the pool's own ping, which waits for a rollback that is still on its way.
        .before_acquire(|connection, _| Box::pin(std::future::ready(Ok(!connection.is_in_transaction()))))
        .after_connect(move |connection, _| {
            let signals = signals.clone();
            Box::pin(async move {
                connection.execute(OPTIMIZE).await?;
                wake_on_commit(connection, signals).await
            })
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
    let [reader, writer] = [reader, writer].map(SqlxSqliteConnector::from_sqlx_sqlite_pool);
    Ok(Db::counted(reader, writer))
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

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::ConnectionTrait;

    #[tokio::test]
    async fn a_transaction_that_a_full_disk_ended_does_not_swallow_those_after_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("full.db").display());
        let db = connect(&url, 2, Arc::default()).await.expect("a database");
        db.writer().execute_unprepared("CREATE TABLE slice (bytes blob)").await.expect("a table");
        db.writer().execute_unprepared("PRAGMA max_page_count = 8").await.expect("a limit");
        let tx = db.begin().await.expect("a transaction");
        let full = tx.execute_unprepared("INSERT INTO slice VALUES (zeroblob(1000000))").await;
        let full = Error::from(full.expect_err("there is no room"));
        assert!(
            matches!(&full, Error::Unavailable(why) if why.contains("full")),
            "{full:?}"
        );
        drop(tx);
        drop(db.begin().await.expect("one that is rolled back"));
        let tx = db.begin().await.expect("one that is committed");
        tx.execute_unprepared("INSERT INTO slice VALUES (x'07')").await.expect("a row");
        tx.commit().await.expect("committed");

        let another = connect(&url, 2, Arc::default()).await.expect("another process's view");
        let rows = another.reader().query_all_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            "SELECT 1 FROM slice",
        ));
        assert_eq!(
            rows.await.expect("rows").len(),
            1,
            "what was committed is there for all"
        );
        another.begin().await.expect("nobody holds the writer's lock");
    }
}
