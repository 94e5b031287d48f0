//! The models of a folder: `<folder>/<name>/<version>/model.toml`, and beside each manifest its weights. What cannot be read is told
//! and left out, so that one bad model never stops the others.

use sha2::{Digest, Sha256};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::manifest::MAX_MANIFEST;
use crate::{Engine, Manifest, Model, ModelError, model};

/// The name of a manifest.
pub const MANIFEST: &str = "model.toml";
/// Larger weights are refused unread.
const MAX_WEIGHTS: u64 = 4 << 30;
/// Names, and versions of each; what comes beyond is not looked at.
const MAX_ENTRIES: usize = 1000;
/// What is taken along beside manifest and weights: what a licence asks to be kept.
const PAPERS: [&str; 5] = ["LICENSE", "LICENSE.txt", "LICENCE", "NOTICE", "README.md"];

/// A model that was found.
#[derive(Clone)]
pub struct Installed {
    pub folder: PathBuf,
    pub model: Arc<dyn Model>,
}

impl Installed {
    pub fn manifest(&self) -> &Manifest {
        self.model.manifest()
    }

    /// Whether the weights are there and those that the manifest names.
    ///
    /// # Errors
    /// `Weights`.
    pub fn verify(&self) -> Result<(), ModelError> {
        verified(self.manifest(), &self.folder)
    }
}

/// A folder that is no model, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub folder: PathBuf,
    pub error: ModelError,
}

/// All models of a folder, by name, the highest version first.
#[derive(Clone, Default)]
pub struct Models {
    pub installed: Vec<Installed>,
    pub problems: Vec<Problem>,
}

impl Models {
    /// Reads the manifests; weights are read when a model is first asked. A folder that is not there has no models.
    pub fn open(folder: &Path) -> Self {
        let mut models = Self::default();
        for name in models.folders(folder) {
            let mut versions = Vec::new();
            for version in models.folders(&name) {
                match read(&version) {
                    Ok(installed) => versions.push(installed),
                    Err(error) => models.problems.push(Problem { folder: version, error }),
                }
            }
            versions.sort_by(|a, b| compare(&b.manifest().version, &a.manifest().version));
            models.installed.extend(versions);
        }
        models
    }

    /// The folders in a folder, in their order.
    fn folders(&mut self, folder: &Path) -> Vec<PathBuf> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.problems.push(Problem {
                    folder: folder.to_owned(),
                    error: unreadable(folder, &error),
                });
                return Vec::new();
            }
        };
        let hidden = |path: &PathBuf| path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let mut folders: Vec<PathBuf> = paths.filter(|path| path.is_dir() && !hidden(path)).take(MAX_ENTRIES).collect();
        folders.sort();
        folders
    }

    /// The highest version of each model.
    pub fn newest(&self) -> impl Iterator<Item = &Installed> {
        let mut newest: BTreeMap<&str, &Installed> = BTreeMap::new();
        for installed in &self.installed {
            newest.entry(&installed.manifest().name).or_insert(installed);
        }
        newest.into_values()
    }

    /// The models that take a series of this Modality (0008,0060) and Body Part Examined (0018,0015): of each the highest version.
    pub fn for_series(&self, modality: &str, body_part: Option<&str>) -> Vec<Arc<dyn Model>> {
        let taken = self.newest().filter(|found| found.manifest().input.takes(modality, body_part));
        taken.map(|found| found.model.clone()).collect()
    }
}

/// Versions are compared part by part, numbers as numbers: 1.10 comes after 1.9.
fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        text.split(['.', '-', '_']).map(|part| (part.parse().unwrap_or(0), part.to_owned())).collect()
    };
    parts(a).cmp(&parts(b))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ModelError {
    ModelError::Folder(format!("{} cannot be read: {error}", path.display()))
}

fn read(folder: &Path) -> Result<Installed, ModelError> {
    let manifest = read_manifest(folder)?;
    let named = |path: Option<&Path>, name: &str| path.and_then(Path::file_name).is_some_and(|found| found == name);
    if !named(Some(folder), &manifest.version) || !named(folder.parent(), &manifest.name) {
        return Err(ModelError::Manifest(format!(
            "{MANIFEST}: name and version must be those of the folders, {}/{}",
            manifest.name, manifest.version
        )));
    }
    Ok(Installed {
        folder: folder.to_owned(),
        model: model(manifest, folder),
    })
}

fn read_manifest(folder: &Path) -> Result<Manifest, ModelError> {
    let path = folder.join(MANIFEST);
    let text = bounded(&path, MAX_MANIFEST).map_err(ModelError::Folder)?;
    let text = String::from_utf8(text).map_err(|_| ModelError::Manifest(format!("{MANIFEST} is not UTF-8")))?;
    Manifest::parse(&text)
}

/// A file of at most `most` bytes; a named pipe or the like is no file.
fn bounded(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let mut bytes = Vec::new();
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(format!("{} is no file", path.display()));
    }
    File::open(path).map_err(failed)?.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(format!("{} is larger than {most} bytes", path.display()));
    }
    Ok(bytes)
}

/// The weights, if their SHA-256 is this one.
///
/// # Errors
/// `Weights`.
#[cfg(feature = "onnx")]
pub fn read_weights(path: &Path, sha256: &str) -> Result<Vec<u8>, ModelError> {
    let bytes = bounded(path, MAX_WEIGHTS).map_err(ModelError::Weights)?;
    same(path, &hex(&Sha256::digest(&bytes)), sha256)?;
    Ok(bytes)
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// `Weights` when it cannot be read.
pub fn hash_of_file(path: &Path) -> Result<String, ModelError> {
    let failed = |error: std::io::Error| ModelError::Weights(format!("{} cannot be read: {error}", path.display()));
    let mut file = File::open(path).map_err(failed)?.take(MAX_WEIGHTS);
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut chunk).map_err(failed)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&chunk[..read]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn same(path: &Path, found: &str, expected: &str) -> Result<(), ModelError> {
    if found == expected {
        return Ok(());
    }
    Err(ModelError::Weights(format!(
        "{} is not the file that the manifest names: its SHA-256 is {found}, not {expected}",
        path.display()
    )))
}

fn verified(manifest: &Manifest, folder: &Path) -> Result<(), ModelError> {
    let Engine::Onnx { file, sha256 } = &manifest.engine else {
        return Ok(());
    };
    let path = folder.join(file);
    same(&path, &hash_of_file(&path)?, sha256)
}

/// Copies the model of a folder to where `open` finds it. It appears whole or not at all, and a version that is there is never changed.
///
/// # Errors
/// `Manifest`, `Weights`, and `Folder` when it is there already or cannot be written.
pub fn add(models: &Path, from: &Path) -> Result<Installed, ModelError> {
    let manifest = read_manifest(from)?;
    verified(&manifest, from)?;
    let parent = models.join(&manifest.name);
    let to = parent.join(&manifest.version);
    if to.exists() {
        return Err(ModelError::Folder(format!(
            "{} {} is there already, in {}; give the changed model another version",
            manifest.name,
            manifest.version,
            to.display()
        )));
    }
    let failed = |error: std::io::Error| ModelError::Folder(format!("{} cannot be written: {error}", to.display()));
    fs::create_dir_all(&parent).map_err(failed)?;
    let staging = tempfile::Builder::new().prefix(".adding").tempdir_in(&parent).map_err(failed)?;
    let mut files = vec![MANIFEST];
    if let Engine::Onnx { file, .. } = &manifest.engine {
        files.push(file);
    }
    files.extend(PAPERS.into_iter().filter(|paper| from.join(paper).is_file()));
    for file in files {
        fs::copy(from.join(file), staging.path().join(file)).map_err(failed)?;
    }
    // What was copied, not what was looked at before.
    verified(&manifest, staging.path())?;
    fs::set_permissions(staging.path(), readable_by_all()).map_err(failed)?;
    fs::rename(staging.keep(), &to).map_err(failed)?;
    read(&to)
}

/// Temporary folders are their owner's alone; `gantry worker` may be somebody else.
fn readable_by_all() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_people_count() {
        for (less, more) in [
            ("1.9.0", "1.10.0"),
            ("1.0", "1.0.1"),
            ("2023-12", "2024-1"),
            ("0.9", "1.0"),
        ] {
            assert_eq!(compare(less, more), Ordering::Less, "{less} {more}");
        }
    }
}
