//! Live events for the listeners of one process: one reader of the table, a broadcast to all, and the table again for who lags.
//!
//! Invariant: a listener holds no queue of its own; when it falls behind the broadcast it reads on from the table.

use super::history::still_kept;
use super::{Cursor, Event, EventKind, Topic, append, head, page};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::signals::Signals;
use entity::user;
use futures::Stream;
use sea_orm::{ConnectionTrait, EntityTrait};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tracing::warn;

const PAGE: u64 = 500;
const BROADCAST: usize = 1024;
/// How long to wait for a transaction that holds back the order, before looking again.
const UNFINISHED: Duration = Duration::from_millis(5);
const IDLE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Feed {
    db: Db,
    live: broadcast::Sender<Arc<Event>>,
    stop: CancellationToken,
}

impl Feed {
    /// Starts the reader; it ends with `stop`, and so do all listeners.
    pub async fn start(db: Db, signals: Arc<Signals>, stop: CancellationToken) -> Result<Self> {
        let feed = Self {
            db,
            live: broadcast::channel(BROADCAST).0,
            stop,
        };
        let after = head(feed.db.reader()).await?;
        tokio::spawn(feed.clone().read(after, signals));
        Ok(feed)
    }

    async fn read(self, mut after: Cursor, signals: Arc<Signals>) {
        let mut events = signals.events();
        loop {
            let wait = match page(self.db.reader(), after, &Topic::default(), PAGE).await {
                Ok(page) => {
                    for event in page.events {
                        after = event.cursor;
                        // No listener is no error.
                        let _ = self.live.send(Arc::new(event));
                    }
                    if page.unfinished { UNFINISHED } else { IDLE }
                }
                Err(error) => {
                    warn!(%error, "events could not be read; trying again");
                    Duration::from_millis(500)
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = events.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// The place from which a listener that starts now reads on.
    pub async fn head(&self) -> Result<Cursor> {
        head(self.db.reader()).await
    }

    /// Events of a topic after a cursor, without a gap or a duplicate, until the server stops.
    pub fn listen(&self, topic: Topic, after: Cursor) -> impl Stream<Item = Result<Arc<Event>>> + Send + use<> {
        let feed = self.clone();
        async_stream::try_stream! {
            let mut live = feed.live.subscribe();
            let mut after = after;
            'history: loop {
                loop {
                    let page = page(feed.db.reader(), after, &topic, PAGE).await?;
                    // Asked afterwards: what was removed while the page was read counts too.
                    still_kept(feed.db.reader(), after).await?;
                    let full = page.events.len() as u64 == PAGE;
                    for event in page.events {
                        after = event.cursor;
                        if topic.matches(&event) {
                            yield Arc::new(event);
                        }
                    }
                    if !full { break }
                }
                loop {
                    let event = tokio::select! {
                        () = feed.stop.cancelled() => return,
                        event = live.recv() => event,
                    };
                    match event {
                        Ok(event) if event.cursor > after => {
                            after = event.cursor;
                            if topic.matches(&event) {
                                yield event;
                            }
                        }
                        Ok(_) => {}
                        Err(broadcast::error::RecvError::Lagged(_)) => continue 'history,
                        Err(broadcast::error::RecvError::Closed) => return,
                    }
                }
            }
        }
    }

    /// Resolves when the tokens of a user with this `token_version` are revoked, in whatever process, or were before this was asked.
    pub async fn revoked(&self, user_id: i64, token_version: i32) {
        let mut live = self.live.subscribe();
        let mut look = true;
        loop {
            if look && !self.is_valid(user_id, token_version).await {
                return;
            }
            match live.recv().await {
                Ok(event) if event.kind == EventKind::UserRevoked && event.user_id == Some(user_id) => return,
                Ok(_) => look = false,
                // What was missed may have been the revocation.
                Err(broadcast::error::RecvError::Lagged(_)) => look = true,
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn is_valid(&self, user_id: i64, token_version: i32) -> bool {
        let user = user::Entity::find_by_id(user_id).one(self.db.reader()).await;
        matches!(user, Ok(Some(user)) if user.is_active && user.token_version == token_version)
    }
}

/// Tells every process to end what the user holds open.
pub(crate) async fn user_revoked(c: &impl ConnectionTrait, user_id: i64) -> Result<(), Error> {
    append(
        c,
        super::NewEvent {
            kind: EventKind::UserRevoked,
            centre_id: None,
            study_id: None,
            job_id: None,
            user_id: Some(user_id),
            payload: serde_json::json!({}),
        },
    )
    .await
}
