//! ZIP archives: spooled to a temporary file, because their directory is at the end, then received file by file.
//!
//! Invariants: the number of entries is known before the directory is read; an entry never gives more than the limits of an
//! upload allow; archives within archives are not opened.

use super::{Ingest, Skipped, receive, shown_name};
use crate::error::{Error, Result};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use tokio::sync::mpsc;
use zip::ZipArchive;

/// An entry that inflates to more than this many times its size is a bomb; DICOM pixels reach about 20.
const RATIO: u64 = 250;
/// Small entries may have any ratio.
const RATIO_FROM: u64 = 1 << 20;
const CHUNK: usize = 128 << 10;

pub(super) async fn receive<S>(ingest: &mut Ingest, name: &str, body: S) -> Result<()>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
{
    let spooled = spool(ingest, name, body).await?;
    let most = ingest.app.config.max_upload_files as u64;
    let opened = tokio::task::spawn_blocking(move || open(spooled, most)).await.map_err(Error::internal)?;
    let mut archive = match opened {
        Ok(archive) => archive,
        Err(Broken::TooMany(n)) => {
            return Err(Error::TooLarge(format!(
                "{name} has {n} files; an upload has at most {most}"
            )));
        }
        Err(Broken::Unreadable(why)) => {
            ingest.skip(Skipped {
                name: name.to_owned(),
                reason: why,
                damaged: true,
            });
            return Ok(());
        }
    };
    for index in 0..archive.len() {
        let (sender, receiver) = mpsc::channel(4);
        let reading = tokio::task::spawn_blocking(move || {
            let entry = read_entry(&mut archive, index, &sender);
            (archive, entry)
        });
        let mut body = tokio_stream(receiver);
        // The first item of an entry's stream is its name; folders have none.
        if let Some(Ok(Part::Name(entry))) = body.next().await {
            let shown = format!("{name}/{}", shown_name(&entry));
            let chunks = body.map(|part| match part? {
                Part::Chunk(chunk) => Ok(chunk),
                Part::Name(_) => Ok(Bytes::new()),
            });
            receive::dicom(ingest, shown.clone(), Box::pin(chunks))
                .await
                .map_err(|error| entry_error(error, &shown))?;
        }
        let (back, entry) = reading.await.map_err(Error::internal)?;
        archive = back;
        entry?;
    }
    Ok(())
}

enum Part {
    Name(String),
    Chunk(Bytes),
}

fn tokio_stream(
    mut receiver: mpsc::Receiver<std::io::Result<Part>>,
) -> impl Stream<Item = std::io::Result<Part>> + Unpin {
    futures::stream::poll_fn(move |cx| receiver.poll_recv(cx))
}

/// A damaged or dangerous entry is the sender's fault, not the server's.
fn entry_error(error: Error, shown: &str) -> Error {
    match error {
        Error::Internal(cause) => match cause.downcast_ref::<std::io::Error>() {
            Some(io) if io.kind() == std::io::ErrorKind::InvalidData => {
                Error::invalid("files", "INVALID_ARCHIVE", format!("{shown}: {io}"))
            }
            _ => Error::Internal(cause),
        },
        other => other,
    }
}

async fn spool<S>(ingest: &mut Ingest, name: &str, mut body: S) -> Result<File>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
{
    ingest.count_file()?;
    let mut file = match ingest.app.config.is_postgres() {
        true => tempfile::tempfile()?,
        false => tempfile::tempfile_in(&ingest.app.config.data_dir)?,
    };
    let (mut size, most) = (0, ingest.app.config.max_upload_bytes);
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        size += chunk.len() as u64;
        if size > most {
            return Err(Error::TooLarge(format!(
                "{name} is larger than {most} bytes; send it in parts"
            )));
        }
        file = tokio::task::spawn_blocking(move || file.write_all(&chunk).map(|()| file))
            .await
            .map_err(Error::internal)??;
    }
    Ok(file)
}

enum Broken {
    TooMany(u64),
    Unreadable(String),
}

fn open(mut file: File, most: u64) -> Result<ZipArchive<File>, Broken> {
    let unreadable = |error: &dyn std::fmt::Display| Broken::Unreadable(format!("not a readable ZIP archive: {error}"));
    let entries = entry_count(&mut file).map_err(|error| unreadable(&error))?;
    match entries {
        None => Err(Broken::Unreadable(
            "not a readable ZIP archive: its end record is missing, or it is a ZIP64 archive".into(),
        )),
        Some(n) if n > most => Err(Broken::TooMany(n)),
        Some(_) => {
            let mut archive = ZipArchive::new(file).map_err(|error| unreadable(&error))?;
            if archive.len() as u64 > most {
                return Err(Broken::TooMany(archive.len() as u64));
            }
            match overlaps(&mut archive).map_err(|error| unreadable(&error))? {
                true => Err(Broken::Unreadable(
                    "not a readable ZIP archive: its entries overlap".into(),
                )),
                false => Ok(archive),
            }
        }
    }
}

/// Entries that share their packed bytes are the trick of the worst bombs.
fn overlaps(archive: &mut ZipArchive<File>) -> zip::result::ZipResult<bool> {
    let mut packed = 0u64;
    for index in 0..archive.len() {
        packed = packed.saturating_add(archive.by_index_raw(index)?.compressed_size());
    }
    Ok(packed > archive.central_directory_start())
}

/// Bytes of a central directory: 5,000 entries with long names.
const MAX_DIRECTORY: u64 = 16 << 20;

/// Number of entries by the end of central directory record (APPNOTE 4.3.16), which must be the last thing of the file.
/// The ZIP64 form (4.3.14) is for archives beyond the limits of an upload's files and is not read.
fn entry_count(file: &mut File) -> std::io::Result<Option<u64>> {
    const END: &[u8] = b"PK\x05\x06";
    const RECORD: u64 = 22;
    let length = file.seek(SeekFrom::End(0))?;
    let tail_length = length.min(RECORD + 65_535);
    file.seek(SeekFrom::Start(length - tail_length))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let Some(at) = tail.windows(4).rposition(|window| window == END) else {
        return Ok(None);
    };
    let field = |from: usize, bytes: usize| -> Option<u64> {
        let field = tail.get(at + from..at + from + bytes)?;
        Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let fields = (field(10, 2), field(12, 4), field(16, 4), field(20, 2));
    let (Some(count), Some(size), Some(offset), Some(comment)) = fields else {
        return Ok(None);
    };
    let ends_here = at as u64 + RECORD + comment == tail_length;
    let zip64 = count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF;
    let sane = ends_here && !zip64 && size <= MAX_DIRECTORY && offset + size <= length;
    Ok(sane.then_some(count))
}

/// Sends an entry's name and then its bytes; ends early when nobody listens any more.
fn read_entry(
    archive: &mut ZipArchive<File>,
    index: usize,
    sender: &mpsc::Sender<std::io::Result<Part>>,
) -> Result<()> {
    let damaged =
        |name: &str, why: &dyn std::fmt::Display| Error::invalid("files", "INVALID_ARCHIVE", format!("{name}: {why}"));
    let mut entry = archive.by_index(index).map_err(|error| damaged("An entry of the archive", &error))?;
    if entry.is_dir() {
        return Ok(());
    }
    let name = shown_name(&entry.name().unwrap_or_default());
    let packed = entry.compressed_size();
    if sender.blocking_send(Ok(Part::Name(name))).is_err() {
        return Ok(());
    }
    let mut inflated = 0u64;
    loop {
        let mut chunk = vec![0; CHUNK];
        let part = entry.read(&mut chunk).and_then(|n| {
            inflated += n as u64;
            if inflated > RATIO_FROM && inflated / packed.max(1) > RATIO {
                return Err(std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    "it inflates beyond all measure",
                ));
            }
            chunk.truncate(n);
            Ok(chunk)
        });
        let part = match part {
            Ok(chunk) if chunk.is_empty() => return Ok(()),
            Ok(chunk) => Ok(Part::Chunk(chunk.into())),
            Err(error) => Err(std::io::Error::new(std::io::ErrorKind::InvalidData, error.to_string())),
        };
        let last = part.is_err();
        if sender.blocking_send(part).is_err() || last {
            return Ok(());
        }
    }
}
