//! What the commands print, and how they end when something is wrong.

use std::net::TcpListener;
use std::process::Output;
use tests::dicom::study;
use tests::process::{Installation, binary, run};
use tokio::process::Command;

/// The binary in an empty folder, with nothing but these settings.
async fn bare(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder.path()).kill_on_drop(true);
    command.env("GANTRY_LISTEN", "127.0.0.1:0").envs(settings.iter().copied());
    run(command).await
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The one line that a command which could not do its work says.
fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.starts_with("gantry: ") && text.lines().count() == 1, "{text}");
    text
}

#[tokio::test]
async fn the_demo_of_a_phantom_ends_with_a_preview_to_open() {
    let place = Installation::new().await;
    let output = place.run(&["demo", "--exit"]).await;
    assert!(output.status.success(), "{output:?}");
    let text = out(&output);
    let preview = text.lines().find(|line| line.contains("preview of CT")).unwrap_or_else(|| panic!("{text}"));
    assert!(
        preview.contains(": http://127.0.0.1:") && preview.contains("/media/renditions/"),
        "{preview}"
    );
    assert!(text.contains("1 series, 40 files"), "{text}");
    assert!(text.contains("curl "), "{text}");
}

#[tokio::test]
async fn the_demo_takes_a_folder_and_says_what_it_left_out() {
    let place = Installation::new().await;
    let folder = place.dir.path().join("scans");
    std::fs::create_dir_all(folder.join("more")).unwrap();
    for (name, slice) in study(4) {
        std::fs::write(folder.join("more").join(name), slice).unwrap();
    }
    std::fs::write(folder.join("notes.txt"), "not an image").unwrap();
    let output = place.run(&["demo", "--exit", "scans"]).await;
    assert!(output.status.success(), "{output:?}");
    let text = out(&output);
    assert!(text.contains("1 series, 4 files"), "{text}");
    assert!(text.contains("skipped notes.txt: "), "{text}");
}

#[tokio::test]
async fn the_demo_of_a_file_that_is_not_dicom_fails_in_one_line() {
    let place = Installation::new().await;
    std::fs::write(place.dir.path().join("notes.txt"), "these are no pixels").unwrap();
    let told = complaint(&place.run(&["demo", "--exit", "notes.txt"]).await);
    assert!(told.contains("notes.txt"), "{told}");
    let missing = complaint(&place.run(&["demo", "--exit", "nowhere.dcm"]).await);
    assert!(missing.contains("nowhere.dcm"), "{missing}");
}

#[tokio::test]
async fn a_busy_port_is_told_in_one_line() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    for mode in [&["serve"][..], &["api"], &["demo", "--exit"]] {
        let told = complaint(&bare(mode, &[("GANTRY_LISTEN", &address)]).await);
        assert!(told.contains(&address) && told.contains("in use"), "{mode:?}: {told}");
    }
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    let data = file.join("data").display().to_string();
    for mode in [&["serve"][..], &["worker"], &["migrate"], &["demo", "--exit"]] {
        let told = complaint(&bare(mode, &[("GANTRY_DATA_DIR", &data)]).await);
        assert!(
            told.contains(&data) && told.contains("GANTRY_DATA_DIR"),
            "{mode:?}: {told}"
        );
    }
}

#[tokio::test]
async fn a_setting_that_makes_no_sense_is_told_in_one_line() {
    for (name, value) in [
        ("GANTRY_LISTEN", "nowhere"),
        ("GANTRY_SECRET", "short"),
        ("GANTRY_STAGING_MINUTES", "0"),
    ] {
        let told = complaint(&bare(&["config"], &[(name, value)]).await);
        assert!(!told.contains("short;"), "{told}");
    }
}

#[tokio::test]
async fn a_server_on_a_database_that_was_not_migrated_says_what_to_run() {
    let told = complaint(&bare(&["api"], &[]).await);
    assert!(told.contains("gantry migrate"), "{told}");
}

#[tokio::test]
async fn the_settings_are_shown_without_their_secrets() {
    let secrets = [
        ("GANTRY_SECRET", "hidden-signature-hidden-signature"),
        ("GANTRY_METRICS_TOKEN", "hidden-metrics"),
        (
            "GANTRY_DATABASE_URL",
            "postgres://gantry:hidden-password@db.example.org/gantry",
        ),
        ("AWS_SECRET_ACCESS_KEY", "hidden-key"),
        ("GANTRY_STORAGE_URL", "s3://studies/gantry"),
    ];
    let output = bare(&["config"], &secrets).await;
    assert!(output.status.success(), "{output:?}");
    let shown = out(&output) + &String::from_utf8_lossy(&output.stderr);
    assert!(!shown.contains("hidden"), "{shown}");
    assert!(
        shown.contains("PostgreSQL") && shown.contains("s3://studies/gantry"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_worker_token_is_made_listed_and_revoked() {
    let place = Installation::new().await;
    let wrong = complaint(&place.run(&["worker-token", "add", "gpu", "--kind", "sweep_orphans"]).await);
    assert!(wrong.contains("render_study"), "{wrong}");
    let added = out(&place
        .run(&[
            "worker-token",
            "add",
            "gpu",
            "--kind",
            "render_study",
            "--expires-days",
            "9",
        ])
        .await);
    let token = added.lines().find_map(|line| line.strip_prefix("token, shown only now: ")).expect("a token");
    assert!(token.starts_with("gwt_") && token.len() == 47, "{added}");
    let taken = complaint(&place.run(&["worker-token", "add", "gpu", "--kind", "render_study"]).await);
    assert!(taken.contains("revoke it first"), "{taken}");
    let listed = out(&place.run(&["worker-token", "list"]).await);
    let line: Vec<_> = listed.lines().nth(1).unwrap_or_default().split_whitespace().take(6).collect();
    assert_eq!(line, ["1", "gpu", "render_study", "all", "good", "until"], "{listed}");
    assert!(!listed.contains(token), "{listed}");
    assert!(place.run(&["worker-token", "revoke", "1"]).await.status.success());
    assert!(out(&place.run(&["worker-token", "list"]).await).contains("revoked "));
    let unknown = complaint(&place.run(&["worker-token", "revoke", "7"]).await);
    assert!(unknown.contains("worker-token list"), "{unknown}");
}

#[tokio::test]
async fn a_server_does_not_start_with_registered_operations_that_do_not_parse() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("operations.json");
    std::fs::write(&file, r#"{"1f2e": "query Me { me {"}"#).unwrap();
    for mode in ["serve", "api"] {
        let text = complaint(&bare(&[mode], &[("GANTRY_GRAPHQL_OPERATIONS", file.to_str().unwrap())]).await);
        assert!(text.contains("operations.json") && text.contains("1f2e"), "{text}");
        let text = complaint(&bare(&[mode], &[("GANTRY_GRAPHQL_OPERATIONS", "nowhere.json")]).await);
        assert!(text.contains("nowhere.json"), "{text}");
    }
}
