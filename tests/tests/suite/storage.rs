//! The object store and its sweeper.

use chrono::TimeDelta;
use domain::Error;
use domain::storage::{Batch, sweep};
use tests::TestApp;
use tests::dicom::study;

#[tokio::test]
async fn the_sweeper_removes_what_no_row_names_and_nothing_else() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = study(3);
    technician.upload(files.clone()).await;
    app.run_pending_jobs().await;
    let left = Batch::open(&app.app.db, &app.app.storage).await.unwrap();
    let orphan = left.put("an orphan".into(), "text/plain").await.unwrap();
    assert_eq!(
        sweep(&app.app.db, &app.app.storage, TimeDelta::hours(1)).await.unwrap(),
        0,
        "too young"
    );
    assert!(app.app.storage.get(&orphan.key).await.is_ok());
    assert!(sweep(&app.app.db, &app.app.storage, TimeDelta::seconds(-1)).await.unwrap() >= 1);
    assert!(matches!(
        app.app.storage.get(&orphan.key).await,
        Err(Error::NotFound(_))
    ));
    let again = technician.upload(files).await;
    assert_eq!(again["duplicates"], 3, "the study is still there");
}

#[tokio::test]
async fn a_batch_that_was_swept_cannot_be_committed() {
    let app = TestApp::new().await;
    let slow = Batch::open(&app.app.db, &app.app.storage).await.unwrap();
    let file = slow.put("late".into(), "text/plain").await.unwrap();
    sweep(&app.app.db, &app.app.storage, TimeDelta::seconds(-1)).await.unwrap();
    let tx = app.app.db.begin().await.unwrap();
    assert!(matches!(slow.commit(&tx, &[file]).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_large_object_is_streamed_and_hashed() {
    let app = TestApp::new().await;
    let batch = Batch::open(&app.app.db, &app.app.storage).await.unwrap();
    let (key, mut writer) = batch.writer();
    let chunk = bytes::Bytes::from(vec![7; 1 << 20]);
    for _ in 0..20 {
        writer.write(chunk.clone()).await.unwrap();
    }
    let file = Batch::finished(key, writer.finish().await.unwrap(), "application/octet-stream");
    assert_eq!(file.size_bytes, 20 << 20);
    let back = app.app.storage.get_range(&file.key, (20 << 20) - 5..20 << 20).await.unwrap();
    assert_eq!(back.as_ref(), [7; 5]);
    let expected = sha256(&vec![7; 20 << 20]);
    assert_eq!(file.sha256, expected);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
