//! What the recurring jobs do: history that ends, objects that are verified, usage that is counted.

use chrono::{TimeDelta, Utc};
use domain::db::sql::execute;
use domain::storage::{Scrubbed, scrub};
use domain::{events, usage};
use entity::stored_object;
use futures::StreamExt;
use sea_orm::EntityTrait;
use serde_json::json;
use tests::TestApp;
use tests::dicom::study;

const STUDY: &str = "subscription($after: Cursor) { studyUpdated(after: $after) { cursor kind } }";
const BEGINNING: &str = "MDow";

#[tokio::test]
async fn a_cursor_older_than_the_history_is_told_where_to_go_on() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    technician.upload(study(1)).await;
    let mut before = technician.subscribe(STUDY, json!({ "after": BEGINNING })).await;
    let first = before.next().await.unwrap()["data"]["studyUpdated"]["cursor"].clone();
    let sql = "UPDATE event SET created_at = $1";
    let long_ago = Utc::now() - TimeDelta::days(30);
    execute(app.app.db.writer(), sql, vec![long_ago.into()]).await.unwrap();
    assert!(events::trim(&app.app.db, TimeDelta::days(7)).await.unwrap() > 0);

    for old in [json!(BEGINNING), first] {
        let mut refused = technician.subscribe(STUDY, json!({ "after": old })).await;
        let error = refused.next().await.unwrap()["errors"][0].clone();
        assert_eq!(error["extensions"]["code"], "CURSOR_EXPIRED", "{error}");
        let now = error["extensions"]["cursor"].clone();
        let mut resumed = technician.subscribe(STUDY, json!({ "after": now })).await;
        technician.upload(study(1)).await;
        let next = resumed.next().await.unwrap();
        assert_eq!(next["data"]["studyUpdated"]["kind"], "STUDY_CREATED", "{next}");
    }
}

#[tokio::test]
async fn the_scrub_finds_objects_that_are_changed_or_gone() {
    let app = TestApp::new().await;
    app.technician_of(app.centre).await.upload(study(4)).await;
    let (db, storage) = (&app.app.db, &app.app.storage);
    let all = scrub(db, storage, TimeDelta::zero(), 1).await.unwrap();
    assert_eq!((all.objects, all.damaged), (1, 0), "a run ends when it has read enough");

    let sql = "UPDATE stored_object SET sha256 = $1 WHERE key = (SELECT min(key) FROM stored_object)";
    execute(db.writer(), sql, vec!["0".repeat(64).into()]).await.unwrap();
    let sql = "INSERT INTO stored_object (key, size_bytes, sha256, content_type, created_at)
               VALUES ('batches/00/00000000-0000-4000-8000-000000000000/0', 1, 'x', 'text/plain', {now})";
    execute(db.writer(), sql, vec![]).await.unwrap();
    execute(db.writer(), "UPDATE stored_object SET verified_at = NULL", vec![]).await.unwrap();
    let found = scrub(db, storage, TimeDelta::zero(), u64::MAX).await.unwrap();
    assert_eq!((found.objects, found.damaged), (5, 2));
    let rows = stored_object::Entity::find().all(db.reader()).await.unwrap();
    let damaged: Vec<_> = rows.iter().filter_map(|row| row.damage.as_deref()).collect();
    assert_eq!(damaged.len(), 2, "{damaged:?}");
    assert!(damaged.contains(&"the object is gone"), "{damaged:?}");
    let young = scrub(db, storage, TimeDelta::hours(1), u64::MAX).await.unwrap();
    assert_eq!(young, Scrubbed::default(), "nothing is due again");
}

#[tokio::test]
async fn usage_is_counted_for_each_centre_and_day_and_counting_again_changes_nothing() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let (manager, admin) = (app.manager_of(app.centre).await, app.admin().await);
    let files = study(3);
    let bytes: usize = files.iter().map(|(_, file)| file.len()).sum();
    technician.upload(files).await;
    app.technician_of(app.other_centre).await.upload(study(1)).await;
    for _ in 0..2 {
        usage::roll_up(&app.app.db).await.unwrap();
    }
    let today = Utc::now().date_naive();
    let days = json!({ "first": (today - TimeDelta::days(1)).to_string(), "last": today.to_string() });
    let query = "query($first: Date!, $last: Date!) { usage(first: $first, last: $last) { centre { name } studies instances bytes } }";
    let own = manager.data(query, days.clone()).await["usage"].clone();
    let expected = json!({ "centre": { "name": "Centre North" }, "studies": 1, "instances": 3, "bytes": bytes });
    assert_eq!(own, json!([expected]));
    assert_eq!(admin.data(query, days).await["usage"].as_array().unwrap().len(), 2);
    let long = json!({ "first": "2020-01-01", "last": "2026-01-01" });
    let refused = admin.gql(query, long).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{refused}"
    );
}
