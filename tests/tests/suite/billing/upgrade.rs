//! Prices that were set before radiologists could have any survive the change of their table.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Statement};
use std::sync::Arc;

/// SQLite alone copies the table; PostgreSQL changes its column in place.
#[tokio::test]
async fn prices_of_before_the_upgrade_are_still_there() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", dir.path().join("gantry.db").display());
    let db = domain::db::Db::connect(&url, 4, Arc::default()).await.unwrap();
    Migrator::up(db.writer(), Some(6)).await.unwrap();
    let (centre, price) = (
        "INSERT INTO centre (name, is_active, created_at, updated_at) VALUES ('North', true, '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00')",
        "INSERT INTO price (id, centre_id, modality, amount_minor, currency, created_at, updated_at) VALUES (7, 1, 'ct', 15050, 'inr', '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00')",
    );
    for sql in [centre, price] {
        db.writer().execute_unprepared(sql).await.unwrap();
    }
    Migrator::up(db.writer(), None).await.unwrap();
    let query = "SELECT id, centre_id, radiologist_id, amount_minor, currency FROM price";
    let row = db.reader().query_one_raw(Statement::from_string(db.backend(), query)).await.unwrap().unwrap();
    let kept: (i64, i64, Option<i64>, i64, String) = (
        row.try_get_by_index(0).unwrap(),
        row.try_get_by_index(1).unwrap(),
        row.try_get_by_index(2).unwrap(),
        row.try_get_by_index(3).unwrap(),
        row.try_get_by_index(4).unwrap(),
    );
    assert_eq!(kept, (7, 1, None, 15050, "inr".into()));
    let both =
        "INSERT INTO price (modality, amount_minor, currency, created_at, updated_at) VALUES ('mri', 1, 'usd', '', '')";
    assert!(
        db.writer().execute_unprepared(both).await.is_err(),
        "a price is somebody's"
    );
}
