//! What the audit trail costs reads: the same server with and without somebody who writes the trail, in turns, so that whatever else the
//! machine does falls on both.
//!
//! Both servers run in this process beside their clients, over one database; the second notes what it gives out and hands it over
//! as the first does, but what it hands over is thrown away.

use crate::archive::{Archive, READER, size};
use crate::load::{Request, Window, percentile};
use crate::worklist::PAGE;
use crate::{Backend, title};
use anyhow::{Context, Result};
use domain::App;
use domain::audit::{Audit, Keys};
use serde_json::{Value, json};
use std::time::Duration;
use tests::Client;
use tests::app::PASSWORD;
use tokio::net::TcpListener;

const STUDIES: i64 = 1_000;
const CLIENTS: usize = 8;
const TURNS: usize = 10;
const TURN: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_secs(1);

const STUDY: &str =
    "query($id: ID!) { study(id: $id) { id studyId patientName patientId modality status createdAt centre { name }
    series { nodes { id seriesNumber modality numberOfInstances } } } }";

pub async fn measure(backends: &[Backend]) -> Result<()> {
    for backend in backends {
        title(&format!(
            "Audit trail: {CLIENTS} clients, {TURNS} turns of {} s each, {}",
            TURN.as_secs(),
            backend.name()
        ));
        let place = backend.install().await;
        let archive = Archive {
            studies: size(STUDIES)?,
            images: true,
        };
        archive.fill(&place.app, backend.name()).await?;
        let (audit, inbox) = Audit::channel(Keys::new("discarded", []));
        tokio::spawn(inbox.discard());
        let without = App {
            audit,
            ..place.app.clone()
        };
        let sides = [serve(place.app.clone()).await?, serve(without).await?];
        let client = Client::sign_in(&sides[0], READER, PASSWORD).await;
        let first = client.data("{ studies(first: 1) { nodes { id } } }", json!({})).await;
        let study = first["studies"]["nodes"][0]["id"].clone();
        compare(
            "a study with its series",
            &sides,
            &client,
            STUDY,
            json!({ "id": study }),
        )
        .await?;
        let page = json!({ "first": 20, "filter": {} });
        compare("a page of the worklist, 20 studies", &sides, &client, PAGE, page).await?;
        place.app.audit.written().await;
    }
    Ok(())
}

async fn serve(app: App) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(api::serve(app, listener));
    Ok(base)
}

async fn compare(name: &str, sides: &[String; 2], client: &Client, query: &str, variables: Value) -> Result<()> {
    let mut requests = sides
        .each_ref()
        .map(|base| Request::new(format!("{base}/graphql"), client.token.clone(), query, &variables));
    for request in &mut requests {
        request.answer(&client.http).await.context(name.to_owned())?;
        request.load(CLIENTS, WARM_UP).await?;
    }
    let mut windows: [Window; 2] = Default::default();
    for _ in 0..TURNS {
        for (request, window) in requests.iter().zip(&mut windows) {
            let turn = request.load(CLIENTS, TURN).await?;
            window.answers += turn.answers;
            window.seconds += turn.seconds;
            window.waits.extend(turn.waits);
        }
    }
    println!("  {name:<42} {:>12} {:>10} {:>10}", "answers/s", "p50 ms", "p95 ms");
    let mut pace = [0.0; 2];
    for (n, (side, window)) in ["recorded", "not recorded"].into_iter().zip(&mut windows).enumerate() {
        pace[n] = window.answers as f64 / window.seconds;
        let [p50, p95] = [50, 95].map(|part| percentile(&mut window.waits, part));
        println!("    {side:<40} {:>12.0} {p50:>10.2} {p95:>10.2}", pace[n]);
    }
    println!("    {:<40} {:>10.1} %", "overhead", (pace[1] / pace[0] - 1.0) * 100.0);
    Ok(())
}
