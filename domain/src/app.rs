//! What the services share in one process; cheap to clone.

use crate::audit::{Audit, Keys};
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::events::Feed;
use crate::identity::TokenKeys;
use crate::setup;
use crate::signals::Signals;
use crate::storage::Storage;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
pub struct App {
    pub config: Arc<Config>,
    pub db: Db,
    pub storage: Storage,
    pub signals: Arc<Signals>,
    pub events: Feed,
    pub tokens: TokenKeys,
    pub audit: Audit,
    /// Ends the background tasks of the process.
    pub stop: CancellationToken,
}

impl App {
    /// Connects to database and store and starts to listen for events. The database must be migrated.
    pub async fn open(config: Config, stop: CancellationToken) -> Result<Self> {
        let storage = Storage::open(
            &config.storage_url(),
            Duration::from_secs(config.storage_timeout_seconds),
        )
        .map_err(Error::Unavailable)?;
        Self::open_with(config, storage, stop).await
    }

    /// As `open`, over a store that is open already.
    pub async fn open_with(config: Config, storage: Storage, stop: CancellationToken) -> Result<Self> {
        let signals = Arc::new(Signals::default());
        let db = setup::connect(&config, &signals).await?;
        let secret = setup::secret(&config)?;
        let tokens = TokenKeys::new(&secret);
        let (audit, inbox) = Audit::channel(Keys::new(&secret, []));
        tokio::spawn(inbox.keep(db.aside()));
        tokio::spawn(signals.clone().listen(db.clone(), stop.clone()));
        let events = Feed::start(db.clone(), signals.clone(), stop.clone()).await?;
        Ok(Self {
            config: Arc::new(config),
            db,
            storage,
            signals,
            events,
            tokens,
            audit,
            stop,
        })
    }
}
