//! What each version of a report changed.

use super::{create, done, reader, uploaded};
use serde_json::{Value, json};
use tests::{Client, TestApp};

const CHANGES: &str = "query($id: ID!) { report(id: $id) { versions { nodes { version findings changes {
    findings { kind text } impression { kind text } } } } } }";

async fn versions(client: &Client, report: &Value) -> Vec<Value> {
    let seen = client.data(CHANGES, json!({ "id": report["id"] })).await;
    seen["report"]["versions"]["nodes"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_version_says_what_it_changed_word_by_word() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let report = create(&rita, &uploaded(&app, app.centre).await).await;
    for (version, findings) in [(1, "No large nodule."), (2, "No large mass.")] {
        let input = json!({ "id": report["id"], "version": version, "findings": findings });
        done(&rita, "reportUpdate", input).await;
    }
    let versions = versions(&app.technician_of(app.centre).await, &report).await;
    let run = |kind: &str, text: &str| json!({ "kind": kind, "text": text });
    let same = json!([run("SAME", "Normal.")]);
    let expected = [
        json!({ "findings": [run("SAME", "No large "), run("REMOVED", "nodule."), run("ADDED", "mass.")], "impression": same }),
        json!({ "findings": [run("SAME", "No "), run("ADDED", "large "), run("SAME", "nodule.")], "impression": same }),
        Value::Null,
    ];
    let changes: Vec<&Value> = versions.iter().map(|version| &version["changes"]).collect();
    assert_eq!(changes, expected.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn the_longest_texts_are_compared_too() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let report = create(&rita, &uploaded(&app, app.centre).await).await;
    let text = |step: usize| (0..6_000).map(|n| format!("w{} ", n * step % 89)).collect::<String>();
    for version in 1..4 {
        let input = json!({ "id": report["id"], "version": version, "findings": text(version), "impression": text(version + 7) });
        let changed = done(&rita, "reportUpdate", input).await;
        assert_eq!(changed["userErrors"], json!([]));
    }
    let versions = versions(&rita, &report).await;
    for version in &versions[..3] {
        let runs = version["changes"]["findings"].as_array().unwrap();
        let new = runs.iter().filter(|run| run["kind"] != "REMOVED").map(|run| run["text"].as_str().unwrap());
        assert_eq!(new.collect::<String>(), version["findings"].as_str().unwrap());
    }
}
