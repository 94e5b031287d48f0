//! The objects that one attempt writes.

use crate::engine::JobError;
use bytes::Bytes;
use domain::App;
use domain::storage::{Batch, StoredFile};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The sweeper clears batches that were silent for at least a minute (`staging_minutes`).
const TOUCH: Duration = Duration::from_secs(20);

/// A batch that says by itself that it is alive. What is not committed goes when it is closed, or with the sweeper.
pub struct Output {
    pub batch: Batch,
    touched: Mutex<Instant>,
}

impl Output {
    pub async fn open(app: &App) -> Result<Self, JobError> {
        Ok(Self {
            batch: Batch::open(&app.db, &app.storage).await?,
            touched: Mutex::new(Instant::now()),
        })
    }

    pub async fn put(&self, bytes: Vec<u8>, content_type: &'static str) -> Result<StoredFile, JobError> {
        self.alive().await?;
        Ok(self.batch.put(Bytes::from(bytes), content_type).await?)
    }

    /// To be called between the parts of long work.
    pub async fn alive(&self) -> Result<(), JobError> {
        {
            let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
            if touched.elapsed() < TOUCH {
                return Ok(());
            }
            *touched = Instant::now();
        }
        Ok(self.batch.touch().await?)
    }

    /// After the commit, or instead of it.
    pub async fn close(self) {
        if let Err(error) = self.batch.close().await {
            tracing::warn!(%error, "leftovers of a job wait for the sweeper");
        }
    }
}
