//! Progress bars fed by the public subscription, and what to look at in the end.

use super::client::{Client, Study, list, text};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::IsTerminal;

const JOBS: &str = "subscription($study: ID!) { jobUpdated(study: $study) { job { id kind state progress error } } }";
const FINAL: [&str; 3] = ["SUCCEEDED", "DEAD", "CANCELLED"];
const STUDY: &str =
    "query($id: ID!) { study(id: $id) { studyId patientName patientWarning numberOfSeries numberOfInstances
    series(first: 100) { nodes { modality description rendition(kind: PREVIEW) { url width height error } } } } }";

/// Draws a bar a job until every job of the studies has ended.
pub async fn until_done(client: &Client, studies: &[Study]) -> Result<(), String> {
    let bars = MultiProgress::new();
    let mut watching: FuturesUnordered<_> = studies.iter().map(|study| study_done(client, study, &bars)).collect();
    let mut dead = 0;
    while let Some(failed) = watching.next().await {
        dead += failed?;
    }
    if dead > 0 {
        println!(
            "  {dead} jobs failed; see: query {{ jobs(filter: {{ state: DEAD }}) {{ nodes {{ id kind error }} }} }}"
        );
    }
    Ok(())
}

async fn study_done(client: &Client, study: &Study, bars: &MultiProgress) -> Result<usize, String> {
    let mut events = client.subscribe(JOBS, json!({ "study": study.id })).await?;
    let mut jobs: HashMap<String, (ProgressBar, String)> = HashMap::new();
    while let Some(event) = events.next().await {
        let job = event?["jobUpdated"]["job"].clone();
        let (id, state) = (text(&job["id"]), text(&job["state"]));
        let (bar, known) = jobs.entry(id).or_insert_with(|| (new_bar(bars, study, &job), String::new()));
        show(bar, &job);
        if *known != state && FINAL.contains(&state.as_str()) && !std::io::stdout().is_terminal() {
            println!("  {} {} {}", study.code, text(&job["kind"]), state);
        }
        *known = state;
        if jobs.values().all(|(_, state)| FINAL.contains(&state.as_str())) {
            return Ok(jobs.values().filter(|(_, state)| state == "DEAD").count());
        }
    }
    Err("the server ended the subscription".into())
}

fn new_bar(bars: &MultiProgress, study: &Study, job: &Value) -> ProgressBar {
    let style =
        ProgressStyle::with_template("  {prefix:26} {bar:40} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = bars.add(ProgressBar::new(100).with_style(style));
    bar.set_prefix(format!(
        "{} {}",
        study.code,
        text(&job["kind"]).to_lowercase().replace('_', " ")
    ));
    bar
}

fn show(bar: &ProgressBar, job: &Value) {
    let state = text(&job["state"]);
    let progress = job["progress"].as_f64().unwrap_or(0.0);
    // A job's progress is between 0 and 1.
    bar.set_position((progress.clamp(0.0, 1.0) * 100.0) as u64);
    bar.set_message(match job["error"].as_str() {
        Some(error) if state != "RUNNING" => format!("{} {error}", state.to_lowercase()),
        _ => state.to_lowercase(),
    });
    if FINAL.contains(&state.as_str()) {
        bar.abandon();
    }
}

/// What came of a study, and where its pictures are.
pub async fn tell(client: &Client, study: &Study) -> Result<(), String> {
    let data = client.query(STUDY, json!({ "id": study.id })).await?;
    let found = &data["study"];
    println!(
        "\nStudy {}: {}, {} series, {} files",
        study.code,
        text(&found["patientName"]),
        found["numberOfSeries"],
        found["numberOfInstances"]
    );
    if let Some(warning) = found["patientWarning"].as_str() {
        println!("  look: {}", warning.replace('\n', "; "));
    }
    for series in list(&found["series"]["nodes"]) {
        let rendition = &series["rendition"];
        let name = format!("{} {}", text(&series["modality"]), text(&series["description"]));
        match (rendition["url"].as_str(), rendition["error"].as_str()) {
            (Some(url), _) => println!("  preview of {}: {}{url}", name.trim(), client.base),
            (None, Some(error)) => println!("  no preview of {}: {error}", name.trim()),
            (None, None) => println!("  no preview of {} yet", name.trim()),
        }
    }
    Ok(())
}

/// Lines to be copied into a shell.
pub fn what_to_try(client: &Client, study: &Study) {
    println!("\nTry:");
    println!(
        "  TOKEN=$(curl -s {}/auth/token -d 'username=tech1&password=tech' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')",
        client.base
    );
    println!(
        "  curl -s {}/graphql -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n    -d '{}'",
        client.base,
        json!({ "query": format!("{{ study(id: \"{}\") {{ patientName status jobs {{ nodes {{ kind state progress }} }} }} }}", study.code) })
    );
}
