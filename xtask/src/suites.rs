//! The foreign suites: what `tests/conformance/NAME/suite.json` says, and their installation below `target/conformance`.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DESCRIPTION: &str = "suite.json";
/// Written when the installation is complete.
const INSTALLED: &str = ".installed";

/// Commands are lines for `sh`, run in the suite's installed copy.
pub struct Suite {
    pub name: String,
    /// Programs that must be there: `node`, `python3`; or one of several: `chromium|google-chrome`.
    needs: Vec<String>,
    /// Run once, until a file of the suite changes.
    setup: Vec<String>,
    /// Run against the server named by `GANTRY_URL`.
    pub run: Vec<String>,
    /// Further variables of the environment.
    pub env: Vec<(String, String)>,
    /// Settings of the server that the suite runs against.
    pub server_env: Vec<(String, String)>,
    source: PathBuf,
}

impl Suite {
    /// All suites of a folder by name, or the one that is asked for.
    pub fn find(folder: &Path, name: Option<&str>) -> Result<Vec<Self>> {
        let mut suites = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(|| format!("no folder {}", folder.display()))? {
            let source = entry?.path();
            if source.join(DESCRIPTION).is_file() {
                suites.push(Self::read(source)?);
            }
        }
        suites.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<_> = suites.iter().map(|suite| suite.name.clone()).collect();
        suites.retain(|suite| name.is_none_or(|name| name == suite.name));
        match (suites.is_empty(), name) {
            (true, Some(name)) => bail!("no suite {name}; there are: {}", names.join(", ")),
            _ => Ok(suites),
        }
    }

    fn read(source: PathBuf) -> Result<Self> {
        let path = source.join(DESCRIPTION);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let json: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let lines = |name: &str| json[name].as_array().into_iter().flatten().filter_map(text).collect();
        let pairs = |name: &str| {
            let pairs = json[name].as_object().into_iter().flatten();
            pairs.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
        };
        Ok(Self {
            name: text(&json["name"]).with_context(|| format!("{}: no name", path.display()))?,
            needs: lines("needs"),
            setup: lines("setup"),
            run: lines("run"),
            env: pairs("env"),
            server_env: pairs("server_env"),
            source,
        })
    }

    /// Copies the suite below a folder and sets it up there, unless that was done with the same files; the copy's folder.
    pub fn install(&self, below: &Path) -> Result<PathBuf> {
        for program in &self.needs {
            let is_there =
                |name| succeeds(Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()));
            if !program.split('|').any(is_there) {
                bail!("{program} is not installed");
            }
        }
        let folder = below.join(&self.name);
        let files = self.files()?;
        let same = |(name, bytes): &(String, Vec<u8>)| std::fs::read(folder.join(name)).is_ok_and(|old| old == *bytes);
        if folder.join(INSTALLED).exists() && files.iter().all(same) {
            return Ok(folder);
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in &files {
            std::fs::write(folder.join(name), bytes)?;
        }
        for line in &self.setup {
            if !succeeds(shell(line).current_dir(&folder)) {
                bail!("`{line}` failed");
            }
        }
        std::fs::write(folder.join(INSTALLED), "")?;
        Ok(folder)
    }

    /// Names and contents of the suite's own files, which lie flat in its folder.
    fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let entries = std::fs::read_dir(&self.source)?.collect::<Result<Vec<_>, _>>()?;
        let files = entries.iter().filter(|entry| entry.path().is_file());
        files
            .map(|file| {
                Ok((
                    file.file_name().to_string_lossy().into_owned(),
                    std::fs::read(file.path())?,
                ))
            })
            .collect()
    }
}

/// A line of `sh`.
pub fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(folder: &Path, description: &str) -> PathBuf {
        let source = folder.join("suites/one");
        std::fs::create_dir_all(&source).unwrap();
        std::fs::write(source.join(DESCRIPTION), description).unwrap();
        folder.join("suites")
    }

    #[test]
    fn a_suite_is_set_up_once_until_its_files_change() {
        let folder = std::env::temp_dir().join(format!("gantry-suites-{}", std::process::id()));
        let suites = made(
            &folder,
            r#"{"name": "one", "setup": ["echo x >> times"], "run": ["true"], "server_env": {"GANTRY_A": "b"}}"#,
        );
        let times = |suite: &Suite| {
            let installed = suite.install(&folder.join("installed")).unwrap();
            std::fs::read_to_string(installed.join("times")).unwrap()
        };
        let [suite] = &Suite::find(&suites, Some("one")).unwrap()[..] else {
            panic!("one suite")
        };
        assert_eq!(
            (suite.env.len(), &suite.server_env[..]),
            (0, &[("GANTRY_A".into(), "b".into())][..])
        );
        assert_eq!(times(suite), "x\n");
        assert_eq!(times(suite), "x\n");
        made(
            &folder,
            r#"{"name": "one", "setup": ["echo y >> times"], "run": ["true"]}"#,
        );
        assert_eq!(times(&Suite::find(&suites, None).unwrap()[0]), "y\n");
        let failing = made(&folder, r#"{"name": "one", "setup": ["false"], "run": []}"#);
        assert!(Suite::find(&failing, None).unwrap()[0].install(&folder.join("installed")).is_err());
        for (needs, there) in [("no-such-program", false), ("no-such-program|cargo", true)] {
            let text = format!(r#"{{"name": "one", "needs": ["{needs}"], "run": []}}"#);
            let suite = &Suite::find(&made(&folder, &text), None).unwrap()[0];
            assert_eq!(suite.install(&folder.join("installed")).is_ok(), there, "{needs}");
        }
        assert!(Suite::find(&suites, Some("two")).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
