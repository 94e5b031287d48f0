//! A PostgreSQL database of its own for each test, copied from one that was migrated once.
//!
//! The server is named by `GANTRY_TEST_POSTGRES_URL` (`postgres://USER@HOST:PORT`, no database; `cargo xtask` starts one). The
//! first caller migrates the template while the others wait; each database is then a copy of its files, which takes about 25 ms.
//! Connections are opened for one statement and closed: tests have runtimes of their own, and a pool belongs to one.

use anyhow::{Context, Result};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use std::future::Future;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;

/// Names the server.
pub const SERVER: &str = "GANTRY_TEST_POSTGRES_URL";

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static MADE: AtomicU32 = AtomicU32::new(0);

/// A database that is dropped with this value.
pub struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// Makes a database; `migrate` gets the template's URL, once in this process, and must close its connections.
    ///
    /// # Errors
    /// When the server is not named or does not answer, and what `migrate` says.
    pub async fn create<F, M>(migrate: F) -> Result<Self>
    where
        F: FnOnce(String) -> M,
        M: Future<Output = Result<()>>,
    {
        let server = std::env::var(SERVER)
            .with_context(|| format!("{SERVER} names no PostgreSQL; `cargo xtask test` starts one"))?;
        let server = server.trim_end_matches('/').to_owned();
        let template = TEMPLATE.get_or_try_init(|| make_template(&server, migrate)).await?;
        let name = format!("gantry_test_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let mut connection = connect(&server).await?;
        // Before version 15 there is no other strategy, and no word for it.
        let strategy = if version(&mut connection).await? >= 150_000 {
            " STRATEGY file_copy"
        } else {
            ""
        };
        run(
            &mut connection,
            format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}"),
        )
        .await?;
        connection.close().await?;
        Ok(Self { server, name })
    }

    /// `postgres://USER@HOST:PORT/NAME`
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's runtime cannot be waited for from here; a thread with one of its own can.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(remove(&server, &name))
        });
        // Best effort: what stays is removed by the next run.
        let _ = dropping.join();
    }
}

async fn make_template<F, M>(server: &str, migrate: F) -> Result<String>
where
    F: FnOnce(String) -> M,
    M: Future<Output = Result<()>>,
{
    remove_leftovers(server).await?;
    let name = format!("gantry_test_{}_template", process::id());
    remove(server, &name).await?;
    let mut connection = connect(server).await?;
    run(&mut connection, format!("CREATE DATABASE {name}")).await?;
    connection.close().await?;
    migrate(format!("{server}/{name}")).await.context("the template did not migrate")?;
    Ok(name)
}

/// Removes the databases of test processes that are no more, where the system can tell.
async fn remove_leftovers(server: &str) -> Result<()> {
    if !Path::new("/proc/self").exists() {
        return Ok(());
    }
    let mut connection = connect(server).await?;
    let rows = sqlx::query("SELECT datname FROM pg_database WHERE datname LIKE 'gantry\\_test\\_%'")
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    for row in rows {
        let name: String = row.try_get(0)?;
        let owner = name.split('_').nth(2).unwrap_or_default();
        if !Path::new("/proc").join(owner).exists() {
            remove(server, &name).await?;
        }
    }
    Ok(())
}

async fn remove(server: &str, name: &str) -> Result<()> {
    let mut connection = connect(server).await?;
    run(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    connection.close().await?;
    Ok(())
}

async fn connect(server: &str) -> Result<PgConnection> {
    let options: PgConnectOptions =
        format!("{server}/postgres").parse().with_context(|| format!("{SERVER} is no URL"))?;
    let connection = options.disable_statement_logging().connect().await;
    connection.with_context(|| format!("PostgreSQL at {server} does not answer"))
}

async fn version(connection: &mut PgConnection) -> Result<i32> {
    let row = sqlx::query("SELECT current_setting('server_version_num')::int").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// Runs a statement that takes names and therefore no parameters; every name is made in this file.
async fn run(connection: &mut PgConnection, statement: String) -> Result<()> {
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    async fn migrated(times: &AtomicU32) -> Result<TestDatabase> {
        TestDatabase::create(|url| async move {
            times.fetch_add(1, Ordering::Relaxed);
            let mut connection = PgConnection::connect(&url).await?;
            run(&mut connection, "CREATE TABLE slice (number int)".into()).await?;
            Ok(connection.close().await?)
        })
        .await
    }

    async fn count(url: &str) -> Result<i64> {
        let mut connection = PgConnection::connect(url).await?;
        run(&mut connection, "INSERT INTO slice VALUES (1)".into()).await?;
        let row = sqlx::query("SELECT count(*) FROM slice").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(row.try_get(0)?)
    }

    #[tokio::test]
    async fn every_test_has_a_database_of_its_own_from_one_template() -> Result<()> {
        if std::env::var_os(SERVER).is_none() {
            eprintln!("skipped: {SERVER} names no PostgreSQL");
            return Ok(());
        }
        let times = AtomicU32::new(0);
        let databases = futures::future::try_join_all((0..8).map(|_| migrated(&times))).await?;
        assert_eq!(times.load(Ordering::Relaxed), 1, "the template is migrated once");
        for database in &databases {
            assert_eq!(count(&database.url()).await?, 1, "no database sees another's rows");
        }
        let gone = databases.iter().map(TestDatabase::url).next().context("a database")?;
        drop(databases);
        assert!(
            PgConnection::connect(&gone).await.is_err(),
            "a dropped database is gone"
        );
        Ok(())
    }
}
