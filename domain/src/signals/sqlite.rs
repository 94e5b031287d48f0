//! SQLite: `PRAGMA data_version` of a connection changes when any other connection, of any process, has committed.
//!
//! Commits of events by this process are announced by the commit hook and waited for, so that listeners are woken when they can
//! read them. Every other commit is found by polling, which also bounds how often workers look for jobs in vain.

use super::Signals;
use crate::db::Db;
use sea_orm::sqlx::sqlite::SqliteConnection;
use sea_orm::sqlx::{Error, query_scalar};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const POLL: Duration = Duration::from_millis(20);
/// An announced commit is looked for so often, a millisecond apart.
const LOOKS: usize = 10;

/// Returns when the connection is lost.
pub async fn listen(signals: &Signals, db: &Db) -> Option<Error> {
    run(signals, db).await.err()
}

async fn run(signals: &Signals, db: &Db) -> Result<(), Error> {
    let mut connection = db.reader().get_sqlite_connection_pool().acquire().await?;
    let mut seen = version(&mut connection).await?;
    signals.wake_everyone();
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unheard = false;
    loop {
        tokio::select! {
            () = signals.committing.notified() => {
                if changed(&mut connection, &mut seen, LOOKS).await? {
                    unheard = true;
                    signals.wake_events();
                }
            }
            _ = poll.tick() => {
                if changed(&mut connection, &mut seen, 1).await? || unheard {
                    unheard = false;
                    signals.wake_everyone();
                }
            }
        }
    }
}

async fn changed(connection: &mut SqliteConnection, seen: &mut i64, looks: usize) -> Result<bool, Error> {
    for look in 0..looks {
        if look > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let now = version(connection).await?;
        if now != *seen {
            *seen = now;
            return Ok(true);
        }
    }
    Ok(false)
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, Error> {
    query_scalar("PRAGMA data_version").fetch_one(connection).await
}
