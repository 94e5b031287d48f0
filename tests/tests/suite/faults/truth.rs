//! What must be true when the faults are over, read from the database and the store behind the processes' backs.

use super::uploads::Files;
use chrono::TimeDelta;
use domain::storage::sweep;
use entity::{instance, job, rendition, series, stored_object, transcoding};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::outbox::{self, Told};
use tests::process::Installation;
use tests::subscriber::Subscriber;
use tests::{Client, wait};
use uuid::Uuid;

/// In which everything has come to rest once the faults are over.
pub const REST: Duration = Duration::from_secs(90);

/// How the jobs of studies came through.
#[derive(Debug, Default)]
pub struct Ended {
    pub jobs: usize,
    /// Attempts that ended without an end of the job: with their worker, or with what it depends on.
    pub lost: usize,
    /// Jobs that were dead and had to be retried by hand.
    pub dead: usize,
}

pub async fn jobs(place: &Installation) -> Vec<job::Model> {
    let of_studies = job::Entity::find().filter(job::Column::StudyId.is_not_null());
    of_studies.all(place.app.db.reader()).await.unwrap()
}

/// Waits until every job has succeeded. One that lost its worker too often is dead: that must be told, and mended by a retry.
pub async fn jobs_end(place: &Installation, client: &Client) -> Ended {
    let mut dead = 0;
    // Looked at sparingly: the processes need the processors.
    let unfinished = || {
        job::Entity::find()
            .filter(job::Column::StudyId.is_not_null())
            .filter(job::Column::State.ne("SUCCEEDED"))
    };
    let reader = place.app.db.reader();
    wait::until_ok("every job has succeeded", REST, async || {
        if unfinished().filter(job::Column::State.eq("DEAD")).one(reader).await.unwrap().is_some() {
            dead += retry_the_dead(client).await;
        }
        match unfinished().one(reader).await.unwrap() {
            Some(job) => Err(format!("{job:?}")),
            None => Ok(()),
        }
    })
    .await;
    let lost = outbox::all(&place.app.db).await.iter().filter(|told| told.kind == "JOB_RETRYING").count();
    Ended {
        jobs: jobs(place).await.len(),
        lost,
        dead,
    }
}

async fn retry_the_dead(client: &Client) -> usize {
    let query = "{ jobs(filter: { state: DEAD }, first: 100) { nodes { id error } } }";
    let found = client.data(query, json!({})).await;
    let found = found["jobs"]["nodes"].as_array().unwrap();
    for job in found {
        let error = job["error"].as_str().unwrap_or_default();
        assert!(error.contains("vanished"), "dead for another reason: {job}");
        assert_eq!(retry(client, &job["id"]).await, "PENDING");
    }
    found.len()
}

/// The state of a job after `jobRetry`.
pub async fn retry(client: &Client, id: &Value) -> Value {
    let mutation = "mutation($id: ID!) { jobRetry(input: { id: $id }) { job { state } userErrors { code } } }";
    client.data(mutation, json!({ "id": id })).await["jobRetry"]["job"]["state"].clone()
}

/// What was sent is there, each instance once, and its bytes are those that were sent.
pub async fn each_file_is_there_once<'a>(place: &Installation, sent: impl IntoIterator<Item = &'a Files>) {
    let files = sent.into_iter().flatten();
    let mut sent: Vec<_> = files.map(|(_, file)| sha256(file)).collect();
    let instances = instance::Entity::find().all(place.app.db.reader()).await.unwrap();
    let mut there = Vec::new();
    for instance in &instances {
        assert_eq!(
            sha256(&place.object(&instance.object_key)),
            instance.sha256,
            "{instance:?}"
        );
        there.push(instance.sha256.clone());
    }
    sent.sort();
    there.sort();
    assert_eq!(there.len(), sent.len());
    assert!(there == sent, "other files are there than were sent");
}

/// Index, pictures and, when they are made, copies: each of them once, and nothing else is named.
pub async fn each_result_is_there_once(place: &Installation, copies: bool) {
    let reader = place.app.db.reader();
    let instances = instance::Entity::find().all(reader).await.unwrap();
    let series = series::Entity::find().all(reader).await.unwrap();
    let pictures = rendition::Entity::find().all(reader).await.unwrap();
    let transcodings = transcoding::Entity::find().all(reader).await.unwrap();

    let mut names: Vec<_> = pictures.iter().map(|one| (one.series_id, &one.kind, &one.format)).collect();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), pictures.len()), (4 * series.len(), 4 * series.len()));
    let mut copied: Vec<_> = transcodings.iter().map(|copy| copy.instance_id).collect();
    copied.sort_unstable();
    let mut expected: Vec<_> = instances.iter().map(|instance| instance.id).filter(|_| copies).collect();
    expected.sort_unstable();
    assert_eq!(copied, expected, "each instance has its copy once");

    let key = |what: &str, key: &Option<String>| key.clone().unwrap_or_else(|| panic!("no {what}"));
    let mut keys: Vec<_> = instances.into_iter().map(|instance| instance.object_key).collect();
    keys.extend(series.iter().map(|one| key("index", &one.metadata_object_key)));
    keys.extend(pictures.iter().map(|one| key("picture", &one.object_key)));
    keys.extend(transcodings.into_iter().map(|copy| copy.object_key));
    keys.sort();
    assert!(
        named(place).await == keys,
        "what is stored is not what the rows refer to"
    );
}

async fn named(place: &Installation) -> Vec<String> {
    let rows = stored_object::Entity::find().all(place.app.db.reader()).await.unwrap();
    let mut named: Vec<_> = rows.into_iter().map(|row| row.key).collect();
    named.sort();
    named
}

/// After the sweeper, what lies in the store is what the rows name.
pub async fn nothing_is_orphaned(place: &Installation) {
    sweep(&place.app.db, &place.app.storage, TimeDelta::seconds(-1)).await.unwrap();
    assert_eq!(place.objects(), named(place).await);
}

/// Each job's events are a life that a job can have, and end with its success.
pub async fn events_are_legal(place: &Installation) {
    let told = outbox::all(&place.app.db).await;
    let mut lives: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
    for event in &told {
        if let (Some(job), Some(_)) = (event.job, event.study) {
            lives.entry(job).or_default().push(&event.kind);
        }
    }
    for job in jobs(place).await {
        let life = lives.get(&job.id).unwrap_or_else(|| panic!("no event of {job:?}"));
        assert_eq!(outbox::illegal(life.iter().copied()), None, "{life:?}");
        assert_eq!(life.last(), Some(&"JOB_SUCCEEDED"), "{job:?}");
    }
}

/// Waits until subscribers have heard what the table holds for them, and compares: nothing missed, doubled or reordered.
pub async fn subscribers_heard_everything(
    place: &Installation,
    subscribers: &[Subscriber],
    of: impl Fn(&Subscriber, &Told) -> bool,
) {
    let told = outbox::all(&place.app.db).await;
    for subscriber in subscribers {
        let expected: Vec<_> = told.iter().filter(|event| of(subscriber, event)).map(|event| &event.cursor).collect();
        let what = format!(
            "{:?} of {:?} has heard {} events",
            subscriber.way,
            subscriber.wanted,
            expected.len()
        );
        wait::until(&what, REST, async || {
            (subscriber.heard().len() >= expected.len()).then_some(())
        })
        .await;
        let heard = subscriber.heard();
        let mut seen: BTreeMap<&String, usize> = BTreeMap::new();
        heard.iter().for_each(|cursor| *seen.entry(cursor).or_default() += 1);
        let missed = expected.iter().filter(|cursor| !seen.contains_key(**cursor)).count();
        let doubled = seen.values().filter(|times| **times > 1).count();
        assert_eq!((missed, doubled), (0, 0), "missed and doubled: {what}");
        assert!(heard.iter().eq(expected), "another order than the table's: {what}");
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
