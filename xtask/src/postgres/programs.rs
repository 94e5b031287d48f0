//! PostgreSQL's programs: where distributions put them, and how to get them.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const ADVICE: &str =
    "install the server's package (postgresql, postgresql-server) or put initdb and postgres on PATH";

/// Folder, what its entries of interest begin with, and where the programs are below such an entry.
const PLACES: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/usr", "pgsql-", "bin"),
    ("/usr/local", "pgsql", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// Package managers with the commands that install the server; the last field says whether they want root.
const MANAGERS: &[(&str, &[&str], bool)] = &[
    (
        "apt-get",
        &[
            "apt-get update",
            "apt-get install -y --no-install-recommends postgresql",
        ],
        true,
    ),
    ("dnf", &["dnf install -y postgresql-server"], true),
    ("apk", &["apk add postgresql"], true),
    ("brew", &["brew install postgresql@17"], false),
];

/// The folder of `initdb` and `postgres`.
pub fn find_or_install() -> Result<Option<PathBuf>> {
    if let Some(found) = find() {
        return Ok(Some(found));
    }
    Ok(if install()? { find() } else { None })
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for (parent, prefix, below) in PLACES {
        folders.extend(newest_first(Path::new(parent), prefix).into_iter().map(|entry| entry.join(below)));
    }
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort_by_key(|name| std::cmp::Reverse(version(name)));
    names.into_iter().map(|name| parent.join(name)).collect()
}

/// 15 of `15`, `pgsql-15`, `postgresql@15`; 0 when there is none.
fn version(name: &str) -> u32 {
    let digits = name.rsplit(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Whether a package manager was there, was allowed to and did.
fn install() -> Result<bool> {
    let Some((_, commands, wants_root)) = MANAGERS.iter().find(|(manager, ..)| succeeds(manager, &["--version"]))
    else {
        return Ok(false);
    };
    let sudo = match *wants_root && !is_root() {
        true if succeeds("sudo", &["-n", "true"]) => "sudo -n ",
        true => return Ok(false),
        false => "",
    };
    for command in *commands {
        println!("==> PostgreSQL is not installed: {sudo}{command}");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{sudo}{command}")])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null());
        if !shell.status().context("cannot run sh")?.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_newest_version_comes_first_by_number() {
        let folder = std::env::temp_dir().join(format!("gantry-programs-{}", std::process::id()));
        for name in ["pgsql-9", "pgsql-17", "pgsql-15", "other"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        let found = super::newest_first(&folder, "pgsql-");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, ["pgsql-17", "pgsql-15", "pgsql-9"].map(|name| folder.join(name)));
    }
}
