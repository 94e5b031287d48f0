//! Writes one object from a stream of chunks, hashing it on the way; memory is bounded by one part.

use super::Storage;
use crate::error::Result;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayloadMut, WriteMultipart};
use sha2::{Digest, Sha256};

/// Small objects are put in one request; S3 wants parts of at least 5 MiB.
const PART: usize = 6 << 20;
/// Parts in flight.
const PARALLEL: usize = 2;

pub struct ObjectWriter {
    storage: Storage,
    path: Path,
    hash: Sha256,
    size: u64,
    buffer: PutPayloadMut,
    multipart: Option<WriteMultipart>,
}

/// What was written.
pub struct Written {
    pub size_bytes: u64,
    /// Lower-case hex.
    pub sha256: String,
}

impl ObjectWriter {
    pub(super) fn new(storage: Storage, key: &str) -> Self {
        Self {
            storage,
            path: Path::from(key),
            hash: Sha256::new(),
            size: 0,
            buffer: PutPayloadMut::new(),
            multipart: None,
        }
    }

    pub async fn write(&mut self, chunk: Bytes) -> Result<()> {
        self.hash.update(&chunk);
        self.size += chunk.len() as u64;
        if let Some(upload) = &mut self.multipart {
            upload.wait_for_capacity(PARALLEL).await?;
            upload.put(chunk);
            return Ok(());
        }
        self.buffer.push(chunk);
        if self.buffer.content_length() >= PART {
            let upload: Box<dyn MultipartUpload> = self.storage.store.put_multipart(&self.path).await?;
            let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
            for part in std::mem::take(&mut self.buffer).freeze() {
                upload.put(part);
            }
            self.multipart = Some(upload);
        }
        Ok(())
    }

    pub async fn finish(self) -> Result<Written> {
        match self.multipart {
            Some(upload) => drop(upload.finish().await?),
            None => drop(self.storage.store.put(&self.path, self.buffer.freeze()).await?),
        }
        Ok(Written {
            size_bytes: self.size,
            sha256: self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// Gives up: nothing stays in the store.
    pub async fn abort(self) -> Result<()> {
        match self.multipart {
            Some(upload) => Ok(upload.abort().await?),
            None => Ok(()),
        }
    }
}
