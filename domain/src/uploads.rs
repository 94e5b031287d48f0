//! Uploads: files are streamed to the store while they are hashed, guarded and indexed; then they become studies in one transaction.
//!
//! Invariants: no file is ever held whole in memory; an upload appears whole or not at all; every byte passes
//! `imaging`'s walker, which is guard and index in one, before anything else reads it.

mod archive;
mod commit;
mod form;
mod receive;

pub use commit::study_upload;
pub use form::UploadForm;
pub(crate) use form::name_warning;

use crate::App;
use crate::centres;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::policy::{Action, Reach, require};
use crate::storage::{Batch, StoredFile};
use bytes::Bytes;
use entity::study;
use futures::Stream;
use imaging::index::Attributes;
use std::time::{Duration, Instant};

/// An upload that is being received.
pub struct Ingest {
    app: App,
    batch: Option<Batch>,
    received: Vec<Received>,
    skipped: Vec<Skipped>,
    files: usize,
    bytes: u64,
    /// Bytes of memory that the received files' attributes and frame ranges take.
    remembered: usize,
    touched: Instant,
}

const TOUCH: Duration = Duration::from_secs(10);

/// Most memory of one upload for what is known of its files.
const MAX_REMEMBERED: usize = 64 << 20;

/// A file that was not taken, and why.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// The name as it was sent; within an archive `archive.zip/name`.
    pub name: String,
    pub reason: String,
    /// It is DICOM, but damaged or dangerous: something is missing from the study.
    pub damaged: bool,
}

struct Received {
    file: StoredFile,
    attributes: Attributes,
    header_end: u64,
    deflated: bool,
    /// Packed as `studies::frames` has it.
    frame_ranges: Vec<u8>,
    number_of_frames: usize,
}

/// What became of an upload.
#[derive(Debug)]
pub struct Uploaded {
    /// The study with most of the files first.
    pub studies: Vec<study::Model>,
    pub skipped: Vec<Skipped>,
    /// Files that were there already, byte for byte.
    pub duplicates: usize,
}

impl Ingest {
    /// Asks policy before the first byte is read.
    pub async fn open(app: &App, ctx: &Context) -> Result<Self> {
        if let Reach::Centre(own) | Reach::Own(own) = require(ctx, Action::StudyUpload)? {
            match centres::find(app.db.reader(), own).await {
                Ok(centre) if centre.is_active => {}
                Ok(_) => {
                    return Err(Error::conflict(
                        "centre",
                        "CENTRE_INACTIVE",
                        "The centre is not active; ask an administrator",
                    ));
                }
                Err(Error::NotFound(_)) => {
                    return Err(Error::conflict(
                        "centre",
                        "NO_CENTRE",
                        "User not associated with a centre",
                    ));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            app: app.clone(),
            batch: Some(Batch::open(&app.db, &app.storage).await?),
            received: Vec::new(),
            skipped: Vec::new(),
            files: 0,
            bytes: 0,
            remembered: 0,
            touched: Instant::now(),
        })
    }

    /// Receives one DICOM file or one ZIP archive of them. What is not DICOM is skipped and told at the end.
    pub async fn file(
        &mut self,
        name: &str,
        body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
    ) -> Result<()> {
        receive::file(self, name, body).await
    }

    fn batch(&self) -> Result<&Batch> {
        self.batch.as_ref().ok_or_else(|| Error::internal(anyhow::anyhow!("the upload has ended")))
    }

    /// Keeps the sweeper away from an upload that goes on.
    async fn alive(&mut self) -> Result<()> {
        if self.touched.elapsed() < TOUCH {
            return Ok(());
        }
        self.touched = Instant::now();
        self.batch()?.touch().await
    }

    fn count_file(&mut self) -> Result<()> {
        self.files += 1;
        let most = self.app.config.max_upload_files;
        if self.files > most {
            return Err(Error::TooLarge(format!(
                "An upload has at most {most} files; send the rest in another one"
            )));
        }
        Ok(())
    }

    /// A file's attributes and frame ranges are kept until the commit.
    fn remember(&mut self, received: Received) -> Result<()> {
        let attributes = serde_json::to_vec(&received.attributes).map_or(0, |text| text.len());
        self.remembered += attributes + received.frame_ranges.len();
        if self.remembered > MAX_REMEMBERED {
            return Err(Error::TooLarge(
                "The files of the upload have too many attributes and frames; send it in parts".into(),
            ));
        }
        self.received.push(received);
        Ok(())
    }

    /// Files that are not taken are told, but not without end.
    fn skip(&mut self, skipped: Skipped) {
        if self.skipped.len() < self.app.config.max_upload_files {
            self.skipped.push(skipped);
        }
    }

    fn count_bytes(&mut self, file_so_far: u64, more: usize, name: &str) -> Result<()> {
        self.bytes += more as u64;
        let (file, upload) = (self.app.config.max_file_bytes, self.app.config.max_upload_bytes);
        if file_so_far > file {
            return Err(Error::TooLarge(format!("{name} is larger than {file} bytes")));
        }
        if self.bytes > upload {
            return Err(Error::TooLarge(format!(
                "The upload is larger than {upload} bytes; send it in parts"
            )));
        }
        Ok(())
    }
}

/// An upload that was refused or left leaves nothing; what a crash prevents here the sweeper does later.
impl Drop for Ingest {
    fn drop(&mut self) {
        if let (Some(batch), Ok(runtime)) = (self.batch.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = batch.close().await {
                    tracing::warn!(%error, "a left upload waits for the sweeper");
                }
            });
        }
    }
}

/// A file name fit to be shown: no path, no control characters, bounded.
fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(100).collect();
    if clean.is_empty() { "file".into() } else { clean }
}
