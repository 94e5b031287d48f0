//! A disk of a few megabytes, for tests that fill it.
//!
//! Mounting needs a mount namespace, which a running process cannot enter for one test. So the test program is started once
//! more by `unshare`, for that one test and with the disk mounted; nobody else sees the mount, and it goes with the process.

use std::path::PathBuf;
use tokio::process::Command;

/// Tells the inner run where its disk is.
const DISK: &str = "TESTS_SMALL_DISK";

/// As root, and as anybody where user namespaces are allowed.
const WAYS: [&str; 2] = ["-m", "-Urm"];

const RUN: &str = r#"size=$1 disk=$2; shift 2
mount -t tmpfs -o "size=$size" tmpfs "$disk" && exec "$@""#;

/// What a test of a small disk finds.
pub enum Disk {
    /// This is the inner run: the disk is there.
    Here(PathBuf),
    /// The inner run went well.
    Passed,
    /// No disk can be mounted, and why.
    Impossible(String),
}

/// Runs the test of this path (`module::name` within the test binary) on a disk of so many megabytes.
///
/// # Panics
/// When the inner run failed.
pub async fn small(test: &str, megabytes: u32) -> Disk {
    if let Some(disk) = std::env::var_os(DISK) {
        return Disk::Here(disk.into());
    }
    let folder = tempfile::tempdir().expect("a folder to mount on");
    let size = format!("{megabytes}m");
    let mut complaint = String::new();
    for way in WAYS {
        let unshare = |program: &std::ffi::OsStr| {
            let mut command = Command::new("unshare");
            command.args([way, "sh", "-c", RUN, "sh", &size]).arg(folder.path()).arg(program).kill_on_drop(true);
            command
        };
        match unshare("true".as_ref()).output().await {
            Ok(tried) if tried.status.success() => {
                let program = std::env::current_exe().expect("the path of this program");
                let mut again = unshare(program.as_os_str());
                again.args([test, "--exact", "--nocapture"]).env(DISK, folder.path());
                let output = again.output().await.expect("the test runs again");
                let text = String::from_utf8_lossy(&output.stdout);
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "on the small disk: {text}{errors}");
                assert!(text.contains("1 passed"), "there is no test {test}: {text}");
                return Disk::Passed;
            }
            Ok(tried) => complaint = String::from_utf8_lossy(&tried.stderr).into_owned(),
            Err(error) => complaint = format!("unshare: {error}"),
        }
    }
    Disk::Impossible(complaint)
}
