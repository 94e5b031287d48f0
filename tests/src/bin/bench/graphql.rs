//! The worklist by GraphQL beside other servers of GraphQL, on one PostgreSQL with the same 100,000 studies, in turns.
//!
//! `tests/bench-graphql/README.md` says what is asked and how the others are run. Nothing is measured before all have answered
//! the same.

mod server;
mod table;

use crate::archive::{Archive, READER, size};
use crate::{Backend, load, title};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use server::Server;
use std::path::Path;
use std::time::Duration;
use table::Row;
use tests::Client;
use tests::app::PASSWORD;

const STUDIES: i64 = 100_000;
const CLIENTS: [usize; 3] = [1, 8, 32];
const ROUNDS: usize = 5;
const WINDOW: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_secs(4);
const OURS: &str = include_str!("../../../bench-graphql/gantry.graphql");

/// `peers` are folders of installed peers, each followed by the line of `sh` that runs it.
pub async fn measure(peers: &[&str]) -> Result<()> {
    let studies = size(STUDIES)?;
    title(&format!(
        "Worklist of 50 studies with series and instances, {studies} studies, PostgreSQL"
    ));
    let place = Backend::Postgres.install().await;
    let archive = Archive { studies, images: true };
    archive.fill(&place.app, "PostgreSQL").await?;
    let mut api = place.start(&["api"]);
    let base = api.base().await;
    let token = Client::sign_in(&base, READER, PASSWORD).await.token;
    let mut servers = vec![Server::ours(api, &base, token, OURS)];
    for peer in peers.chunks(2) {
        let [folder, line] = peer else {
            bail!("{peer:?} has no line to run it")
        };
        let url = place.app.config.database_url.expose();
        servers.push(Server::peer(Path::new(folder), line, url).await.with_context(|| format!("{line} in {folder}"))?);
    }
    compare(&mut servers).await?;
    for server in &servers {
        server
            .request
            .load(CLIENTS[CLIENTS.len() - 1], WARM_UP)
            .await
            .with_context(|| server.name.clone())?;
    }
    let mut rows: Vec<Row> = Vec::new();
    for clients in CLIENTS {
        rows.extend(servers.iter().map(|server| Row::new(clients, &server.name)));
    }
    for round in 1..=ROUNDS {
        println!("  round {round} of {ROUNDS}");
        let turns = CLIENTS.iter().flat_map(|clients| servers.iter().map(move |server| (*clients, server)));
        for (row, (clients, server)) in rows.iter_mut().zip(turns) {
            row.add(server.request.load(clients, WINDOW).await.with_context(|| server.name.clone())?);
        }
    }
    print!("{}", table::rates(&mut rows));
    print!("{}", table::memory(&servers)?);
    Ok(())
}

/// All must answer the same, but for ids and cursors, which each makes in its own way.
async fn compare(servers: &mut [Server]) -> Result<()> {
    let http = load::client()?;
    let mut first: Option<Value> = None;
    for server in servers {
        let answer = server.request.answer(&http).await.with_context(|| server.name.clone())?;
        let answer = normal(&answer["studies"]);
        let nodes = answer["nodes"].as_array().map(Vec::len);
        ensure!(nodes == Some(50), "{}: {nodes:?} studies", server.name);
        match &first {
            None => first = Some(answer),
            Some(first) => ensure!(answer == *first, "{} answers otherwise: {answer}", server.name),
        }
    }
    println!("  all answers are equal");
    Ok(())
}

/// Without ids and cursors; enum values in the case of our enums.
fn normal(answer: &Value) -> Value {
    match answer {
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "id" && *name != "endCursor");
            let field = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("status" | "modality", Value::String(word)) => (name.clone(), word.to_uppercase().into()),
                _ => (name.clone(), normal(value)),
            };
            kept.map(field).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod cases {
    use super::normal;
    use serde_json::json;

    #[test]
    fn answers_are_equal_but_for_ids_and_the_case_of_enums() {
        let ours = json!({ "nodes": [{ "id": "a", "status": "UPLOADED", "patientName": "Doe" }], "pageInfo": { "endCursor": "1" } });
        let theirs = json!({ "pageInfo": { "endCursor": "2" }, "nodes": [{ "patientName": "Doe", "status": "uploaded", "id": 7 }] });
        assert_eq!(normal(&ours), normal(&theirs));
        let another = json!({ "nodes": [{ "id": "a", "status": "UPLOADED", "patientName": "doe" }], "pageInfo": { "endCursor": "1" } });
        assert_ne!(normal(&ours), normal(&another));
    }
}
