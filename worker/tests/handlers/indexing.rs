//! `index_series`.

use crate::dicom::{EXPLICIT, slice};
use crate::fixture::{Fixture, on_each};
use domain::jobs::IndexSeriesV1;
use flate2::read::GzDecoder;
use sea_orm::EntityTrait;
use std::io::Read;

async fn key(f: &Fixture) -> String {
    let series = entity::series::Entity::find_by_id(1).one(f.app.db.writer()).await.unwrap().unwrap();
    series.metadata_object_key.unwrap()
}

#[tokio::test]
async fn a_series_becomes_one_array_of_dicom_json() {
    on_each(async |f| {
        let files = (0..20).map(|n| slice(&format!("1.2.3.1.{n}"), EXPLICIT, n)).collect();
        f.series(1, EXPLICIT, files).await;
        assert_eq!(f.run(IndexSeriesV1 { series_id: 1 }).await.state, "SUCCEEDED");
        let stored = f.app.storage.get(&key(&f).await).await.unwrap();
        let mut text = String::new();
        GzDecoder::new(&stored[..]).read_to_string(&mut text).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let uids: Vec<_> =
            json.as_array().unwrap().iter().map(|one| one["00080018"]["Value"][0].as_str().unwrap()).collect();
        assert_eq!(uids, (0..20).map(|n| format!("1.2.3.1.{n}")).collect::<Vec<_>>());
        let series = entity::series::Entity::find_by_id(1).one(f.app.db.writer()).await.unwrap().unwrap();
        assert_eq!(series.number_of_instances, 20);
    })
    .await;
}

#[tokio::test]
async fn a_newer_index_replaces_the_older_object() {
    on_each(async |f| {
        f.series(1, EXPLICIT, vec![slice("1.2.3.1.0", EXPLICIT, 1)]).await;
        f.run(IndexSeriesV1 { series_id: 1 }).await;
        let old = key(&f).await;
        let objects = f.count("stored_object").await;
        f.run(IndexSeriesV1 { series_id: 1 }).await;
        assert_ne!(key(&f).await, old);
        assert_eq!(f.count("stored_object").await, objects);
        domain::storage::sweep(&f.app.db, &f.app.storage, chrono::TimeDelta::seconds(-1)).await.unwrap();
        assert!(f.app.storage.get(&old).await.is_err(), "swept");
        assert!(f.app.storage.get(&key(&f).await).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_series_that_is_gone_is_the_end() {
    on_each(async |f| {
        let job = f.run(IndexSeriesV1 { series_id: 77 }).await;
        assert_eq!(
            (job.state.as_str(), job.last_error.as_deref()),
            ("DEAD", Some("Series not found"))
        );
    })
    .await;
}

#[tokio::test]
async fn the_worker_works_until_the_application_stops_and_keeps_the_sweeper_alive() {
    on_each(async |f| {
        f.series(1, EXPLICIT, vec![slice("1.2.3.1.0", EXPLICIT, 1)]).await;
        let id = f.enqueue(IndexSeriesV1 { series_id: 1 }).await;
        let worker = tokio::spawn(worker::run(f.app.clone(), worker::Options::from_config(&f.app.config)));
        while f.job(id).await.state != "SUCCEEDED"
            || f.count("job WHERE kind = 'sweep_orphans' AND attempt = 0 AND lease_token = 1").await == 0
        {
            assert!(!worker.is_finished());
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        f.app.stop.cancel();
        worker.await.unwrap().unwrap();
    })
    .await;
}
