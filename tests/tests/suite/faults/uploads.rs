//! Clients that send a study until the server says that it has it.

use serde_json::Value;
use std::time::{Duration, Instant};
use tests::Client;
use tests::process::DEADLINE;
use tokio::sync::Semaphore;

pub type Files = Vec<(String, Vec<u8>)>;

const AGAIN: Duration = Duration::from_millis(20);
/// Uploads at the same time.
const CLIENTS: usize = 4;

/// Sends files until they are acknowledged; answers the payload and how often that went wrong before. Only lost connections and
/// the answer that a part of the server is away are reasons to try again.
pub async fn send(client: &Client, files: &[(String, Vec<u8>)]) -> (Value, usize) {
    let began = Instant::now();
    let mut failures = 0;
    loop {
        let parts = files.iter().map(|(name, file)| {
            let part = reqwest::multipart::Part::bytes(file.clone());
            part.file_name(name.clone())
        });
        let answer = tokio::time::timeout(DEADLINE, client.upload_parts(parts.collect(), None)).await;
        if let Ok(answer) = answer.expect("an upload ends in time") {
            let payload = &answer["data"]["studyUpload"];
            if payload["studies"][0]["id"].is_string() {
                return (payload.clone(), failures);
            }
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
        }
        failures += 1;
        assert!(began.elapsed() < DEADLINE, "{failures} uploads of one study failed");
        tokio::time::sleep(AGAIN).await;
    }
}

/// Sends studies from several clients, one for each permit; answers how many uploads failed on the way.
pub async fn send_all(client: &Client, studies: &[Files], permits: &Semaphore) -> usize {
    let (next, failures) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let clients = (0..CLIENTS).map(|_| async {
        loop {
            let number = next.replace(next.get() + 1);
            let Some(files) = studies.get(number) else { return };
            permits.acquire().await.unwrap().forget();
            let (_, failed) = send(client, files).await;
            failures.set(failures.get() + failed);
        }
    });
    futures::future::join_all(clients).await;
    failures.get()
}
