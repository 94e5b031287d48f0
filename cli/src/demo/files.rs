//! What the demo uploads: the given files, or a phantom.

use std::path::{Path, PathBuf};

/// Slices of the phantom and their width in pixels.
const SLICES: u32 = 40;
const SIZE: u32 = 512;

pub enum Sources {
    Files(Vec<PathBuf>),
    Phantom(Vec<Vec<u8>>),
}

pub fn collect(paths: &[PathBuf]) -> Result<Sources, String> {
    if paths.is_empty() {
        return Ok(Sources::Phantom(imaging::phantom::ct_series(SLICES, SIZE).collect()));
    }
    let mut files = Vec::new();
    for path in paths {
        add(path, &mut files)?;
    }
    if files.is_empty() {
        return Err("there is no file in what you gave; name DICOM files, a folder of them, or a ZIP archive".into());
    }
    files.sort();
    Ok(Sources::Files(files))
}

fn add(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if !meta.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Links are not followed: they may lead in circles.
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            add(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}
