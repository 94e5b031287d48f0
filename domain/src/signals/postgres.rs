//! PostgreSQL: triggers notify the channels `job` and `event` (see the migrations) when the change commits.

use super::Signals;
use crate::db::Db;
use sea_orm::sqlx::{Error, postgres::PgListener};

/// Returns when the connection is lost.
pub async fn listen(signals: &Signals, db: &Db) -> Option<Error> {
    run(signals, db).await.err()
}

async fn run(signals: &Signals, db: &Db) -> Result<(), Error> {
    let mut listener = PgListener::connect_with(db.reader().get_postgres_connection_pool()).await?;
    listener.listen_all(["job", "event"]).await?;
    signals.wake_everyone();
    while let Some(notification) = listener.try_recv().await? {
        match (notification.channel(), notification.payload()) {
            ("event", _) => signals.wake_events(),
            (_, payload) if payload.starts_with('!') => signals.wake_cancels(),
            (_, queue) => signals.wake_queue(queue),
        }
    }
    Ok(())
}
