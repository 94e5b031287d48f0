//! Live updates: how soon a thousand subscribers of `gantry api` hear of what was committed, and what they cost the server.
//!
//! The events are the progress of jobs, appended here as a worker does it. Of ten subscribers one hears everything of its centre and
//! nine one study; half ask for jobs, half for studies.

use crate::memory::resident;
use crate::queue::percentiles;
use crate::{Backend, row};
use anyhow::{Context, Result, ensure};
use domain::db::sql::query;
use domain::events::{self, EventKind, NewEvent};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::Client;
use tests::client::Events;
use tests::dicom::study;
use tests::process::{DEADLINE, Installation};
use tokio::time::{MissedTickBehavior, timeout};

const SUBSCRIBERS: usize = 1_000;
const STUDIES: usize = 50;
/// Events of the measure: 20 s.
const EVENTS: usize = 400;
const EVERY: Duration = Duration::from_millis(50);
const CONNECTING: usize = 50;

/// What the subscribers ask of each event: all it holds itself, or the objects that it is about too, as they are now.
const SELECTIONS: [(&str, &str, &str); 2] = [
    ("cursor and kind", "", ""),
    (
        "job and study too",
        "job { id state progress }",
        "study { id } job { id state progress }",
    ),
];
const JOBS: &str =
    "SELECT DISTINCT ON (study_id) study_id, centre_id, id FROM job WHERE study_id IS NOT NULL ORDER BY study_id";

pub async fn measure() -> Result<()> {
    for (name, of_jobs, of_studies) in SELECTIONS {
        let of_jobs = subscription("jobUpdated(study: $study, after: $after)", of_jobs);
        let of_studies = subscription("studyUpdated(id: $study, after: $after)", of_studies);
        follow(name, [&of_jobs, &of_studies]).await?;
    }
    Ok(())
}

fn subscription(field: &str, selection: &str) -> String {
    format!("subscription($study: ID, $after: Cursor) {{ updates: {field} {{ cursor kind {selection} }} }}")
}

async fn follow(name: &str, queries: [&str; 2]) -> Result<()> {
    let place = Backend::Postgres.install().await;
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    let (ids, progress) = studies(&place, &technician).await?;
    let before = resident(api.id(), "VmRSS");
    let mut subscribers = subscribe(&place, &technician, &ids, queries).await?;
    // Once round the studies, so that all are known to listen.
    commit(&place, &progress, STUDIES, Duration::ZERO).await?;
    for subscriber in &mut subscribers {
        subscriber.hear(STUDIES).await?;
    }
    let listening: Vec<_> = subscribers.into_iter().map(|subscriber| tokio::spawn(subscriber.listen())).collect();
    let commits = commit(&place, &progress, EVENTS, EVERY).await?;
    let (mut waits, mut open) = (Vec::new(), Vec::new());
    for listener in listening {
        let (subscriber, arrivals) = listener.await??;
        let heard = (0..EVENTS).filter(|number| subscriber.hears(*number)).zip(arrivals);
        waits.extend(heard.map(|(number, arrival)| arrival.saturating_duration_since(commits[number])));
        open.push(subscriber);
    }
    let (heard, (median, last)) = (waits.len(), percentiles(waits));
    let what = format!("{name}: commit to client, {heard} deliveries");
    row(&what, format!("p50 {median:.1} ms, p99 {last:.1} ms"));
    if let (Ok(before), Ok(now)) = (before, resident(api.id(), "VmRSS")) {
        let each = (now - before) * 1024.0 / open.len() as f64;
        row(
            &format!("{name}: memory of the server for each"),
            format!("{each:.0} KiB"),
        );
    }
    Ok(())
}

/// The studies' ids as clients know them, and the event of each: its job went on.
async fn studies(place: &Installation, technician: &Client) -> Result<(Vec<Value>, Vec<NewEvent>)> {
    let mut ids = Vec::new();
    for _ in 0..STUDIES {
        ids.push(technician.upload(study(1)).await["studies"][0]["id"].clone());
    }
    let mut events = Vec::new();
    for job in query(place.app.db.reader(), JOBS, vec![]).await? {
        events.push(NewEvent {
            kind: EventKind::JobProgressed,
            centre_id: job.try_get("", "centre_id")?,
            study_id: job.try_get("", "study_id")?,
            job_id: job.try_get("", "id")?,
            user_id: None,
            payload: json!({}),
        });
    }
    ensure!(
        events.len() == STUDIES,
        "{} of {STUDIES} studies have jobs",
        events.len()
    );
    Ok((ids, events))
}

/// Commits events of the studies in turn; answers when each was committed.
async fn commit(place: &Installation, progress: &[NewEvent], count: usize, every: Duration) -> Result<Vec<Instant>> {
    let mut ticks = tokio::time::interval(every.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut commits = Vec::with_capacity(count);
    for event in progress.iter().cycle().take(count) {
        ticks.tick().await;
        let tx = place.app.db.begin().await?;
        events::append(&tx, event.clone()).await?;
        tx.commit().await?;
        commits.push(Instant::now());
    }
    Ok(commits)
}

async fn subscribe(
    place: &Installation,
    technician: &Client,
    ids: &[Value],
    queries: [&str; 2],
) -> Result<Vec<Subscriber>> {
    let after = place.app.events.head().await?.encode();
    let subscribers = (0..SUBSCRIBERS).map(|number| {
        let study = (!number.is_multiple_of(10)).then_some(number * STUDIES / SUBSCRIBERS);
        let what = queries[(number + number / 10) % 2];
        let variables = json!({ "study": study.map(|study| &ids[study]), "after": after });
        async move {
            let events = timeout(DEADLINE, technician.subscribe(what, variables)).await?;
            Ok(Subscriber { study, events })
        }
    });
    stream::iter(subscribers).buffer_unordered(CONNECTING).try_collect().await
}

struct Subscriber {
    /// The number of its study; None: all of the centre.
    study: Option<usize>,
    events: Events,
}

impl Subscriber {
    fn hears(&self, event: usize) -> bool {
        self.study.is_none_or(|study| study == event % STUDIES)
    }

    /// Hears the next `events` as far as they concern it; answers when each arrived.
    async fn hear(&mut self, events: usize) -> Result<Vec<Instant>> {
        let mut arrivals = Vec::new();
        for _ in (0..events).filter(|event| self.hears(*event)).collect::<Vec<_>>() {
            let update = timeout(DEADLINE, self.events.next()).await?.context("the stream ended")?;
            let arrival = Instant::now();
            ensure!(update["data"]["updates"]["kind"] == "JOB_PROGRESSED", "{update}");
            arrivals.push(arrival);
        }
        Ok(arrivals)
    }

    async fn listen(mut self) -> Result<(Self, Vec<Instant>)> {
        let arrivals = self.hear(EVENTS).await?;
        Ok((self, arrivals))
    }
}
