//! The real DICOM files of `tests/data/dicom`, found by name.

use std::path::PathBuf;

/// The folder of the files.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/dicom")
}

/// Path of one file.
///
/// # Panics
/// When there is no such file: the test names one that does not exist.
pub fn path(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(path.is_file(), "no file {name} in tests/data/dicom");
    path
}

/// Bytes of one file.
///
/// # Panics
/// When there is no such file.
pub fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Name and bytes of every DICOM file, by name; what describes them (`README.md`, `expected.json`) is left out.
///
/// # Panics
/// When the folder cannot be read.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).unwrap_or_else(|error| panic!("tests/data/dicom: {error}"));
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| !name.ends_with(".md") && !name.ends_with(".json")).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), file(&name))).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_file_is_found_by_its_name() {
        let all = super::all();
        assert!(all.len() > 50, "{} files", all.len());
        assert!(all.iter().all(|(name, bytes)| super::file(name) == *bytes && !bytes.is_empty()));
        assert!(all.iter().any(|(name, _)| name == "chrJapMulti.dcm"));
    }
}
