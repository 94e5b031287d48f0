//! The object store: a local folder or an S3-compatible service, behind `object_store`.
//!
//! Invariant: an object is written once under a new key and never overwritten; keys hold no patient data.

mod batch;
mod scrub;
mod sweep;
mod writer;

pub use batch::{Batch, StoredFile};
pub(crate) use batch::{announce, keep_alive, release};
pub use scrub::{Scrubbed, scrub};
pub use sweep::sweep;
pub use writer::ObjectWriter;

use crate::error::{Error, Result};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientConfigKey, GetOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
const RETRIES: usize = 5;

#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    /// The folder of a local store.
    folder: Option<PathBuf>,
}

impl Storage {
    /// `file://folder` or `s3://bucket/prefix`; the latter reads `AWS_*` of the environment, and each request of it must be
    /// answered within `timeout`.
    pub fn open(url: &str, timeout: Duration) -> Result<Self, String> {
        if let Some(folder) = url.strip_prefix("file://") {
            return Self::folder(PathBuf::from(folder));
        }
        let Some(rest) = url.strip_prefix("s3://") else {
            return Err("the storage URL must begin with file:// or s3://".into());
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        Self::s3(AmazonS3Builder::from_env().with_bucket_name(bucket), prefix, timeout)
    }

    /// An S3-compatible store by its settings, all objects under a prefix. A request that failed is repeated for as long as one
    /// may take: who waits for an answer hears of an outage soon, and jobs are put off.
    pub fn s3(settings: AmazonS3Builder, prefix: &str, timeout: Duration) -> Result<Self, String> {
        let seconds = |key, time: Duration| {
            (
                AmazonS3ConfigKey::Client(key),
                format!("{} seconds", time.as_secs().max(1)),
            )
        };
        let (whole, whole_time) = seconds(ClientConfigKey::Timeout, timeout);
        let (connect, connect_time) = seconds(ClientConfigKey::ConnectTimeout, timeout.min(CONNECT));
        let retry = RetryConfig {
            max_retries: RETRIES,
            retry_timeout: timeout,
            ..RetryConfig::default()
        };
        let settings = settings.with_config(whole, whole_time).with_config(connect, connect_time).with_retry(retry);
        let s3 = settings.build().map_err(|error| format!("the S3 settings are not usable: {error}"))?;
        let store: Arc<dyn ObjectStore> = match prefix {
            "" => Arc::new(s3),
            prefix => Arc::new(PrefixStore::new(s3, prefix)),
        };
        Ok(Self { store, folder: None })
    }

    fn folder(folder: PathBuf) -> Result<Self, String> {
        let unusable =
            |error: &dyn std::fmt::Display| format!("cannot write to the folder {}: {error}", folder.display());
        std::fs::create_dir_all(&folder).map_err(|error| unusable(&error))?;
        let local = LocalFileSystem::new_with_prefix(&folder).map_err(|error| unusable(&error))?.with_fsync(true);
        Ok(Self {
            store: Arc::new(local),
            folder: Some(folder),
        })
    }

    pub async fn get(&self, key: &str) -> Result<Bytes> {
        Ok(self.store.get(&Path::from(key)).await?.bytes().await?)
    }

    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        Ok(self.store.get_range(&Path::from(key), range).await?)
    }

    /// Several ranges of one object; near ones are read together.
    pub async fn get_ranges(&self, key: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        Ok(self.store.get_ranges(&Path::from(key), ranges).await?)
    }

    pub async fn stream(&self, key: &str) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let found = self.store.get_opts(&Path::from(key), GetOptions::default()).await?;
        Ok(found.into_stream().map_err(Error::from))
    }

    /// A part of an object, streamed.
    pub async fn stream_range(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let options = GetOptions {
            range: Some(range.into()),
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&Path::from(key), options).await?;
        Ok(found.into_stream().map_err(Error::from))
    }

    /// Removes an object, also one that is not there, and what a killed writer left beside it.
    async fn delete(&self, path: &Path) -> Result<()> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Path>> {
        let prefix = Path::from(prefix);
        let found = self.store.list(Some(&prefix)).map_ok(|meta| meta.location);
        Ok(found.boxed().try_collect().await?)
    }

    /// A local writer that was killed leaves unfinished files that `list` does not show; they go with their folder.
    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        match tokio::fs::remove_dir_all(folder.join(prefix)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
