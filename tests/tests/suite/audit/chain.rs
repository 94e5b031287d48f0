//! The chain: what was changed, removed, inserted or cut off behind the server's back is found, and named.

use super::{events, uploaded, uuid_of, whole};
use domain::App;
use domain::audit::{Damage, Head, head, verify};
use domain::db::sql::execute;
use entity::audit_event::{self, Model};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder};
use tests::TestApp;
use tests::app::on_postgres;
use tests::process::Installation;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A trail of some length.
async fn trail(app: &TestApp) -> Vec<Model> {
    let id = uploaded(app, app.centre).await;
    let radiologist = app.radiologist().await;
    for _ in 0..3 {
        uuid_of(&radiologist, &id).await;
    }
    whole(app).await;
    events(app).await
}

/// As somebody who owns the database: the triggers do not hold him.
async fn tamper(app: &App, table: &str, sql: &str) {
    for trigger in [
        "audit_event_unchanged",
        "audit_event_sealed_once",
        "audit_event_not_removed",
    ] {
        drop_trigger(app, trigger, "audit_event").await;
    }
    for trigger in ["audit_study_kept", "audit_study_unchanged", "audit_study_not_removed"] {
        drop_trigger(app, trigger, "audit_study").await;
    }
    for trigger in ["audit_head_grows", "audit_head_not_removed"] {
        drop_trigger(app, trigger, "audit_head").await;
    }
    let changed = execute(app.db.writer(), sql, vec![]).await.unwrap();
    assert_eq!(changed, 1, "{table}: {sql}");
}

async fn drop_trigger(app: &App, name: &str, table: &str) {
    let on = if on_postgres() {
        format!(" ON {table}")
    } else {
        String::new()
    };
    app.db.writer().execute_unprepared(&format!("DROP TRIGGER IF EXISTS {name}{on}")).await.unwrap();
}

async fn damage(app: &App, kept: Option<&Head>) -> Damage {
    verify(app, &[], 1, kept, |_, _| {}).await.unwrap().unwrap_err()
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_what_is_recorded() {
    let app = TestApp::new().await;
    trail(&app).await;
    for sql in [
        "UPDATE audit_event SET username = 'nobody'",
        "UPDATE audit_event SET seq = seq + 1000",
        "UPDATE audit_event SET hash = studies",
        "DELETE FROM audit_event",
        "UPDATE audit_study SET event_id = study_uuid",
        "DELETE FROM audit_study",
        "UPDATE audit_head SET seq = 0",
        "DELETE FROM audit_head",
    ] {
        let refused = execute(app.app.db.writer(), sql, vec![]).await.unwrap_err().to_string();
        assert!(refused.contains("only ever added to"), "{sql}: {refused}");
    }
    whole(&app).await;
}

#[tokio::test]
async fn a_changed_row_is_named() {
    let app = TestApp::new().await;
    let rows = trail(&app).await;
    let row = rows.iter().find(|row| row.seq == Some(3)).unwrap();
    tamper(
        &app.app,
        "audit_event",
        "UPDATE audit_event SET username = 'mallory' WHERE seq = 3",
    )
    .await;
    assert_eq!(damage(&app.app, None).await, Damage::Changed { seq: 3, id: row.id });
    let behind = verify(&app.app, &[], 4, None, |_, _| {}).await.unwrap();
    assert!(behind.is_ok(), "what lies behind is whole: {behind:?}");
}

#[tokio::test]
async fn a_removed_row_is_named_and_renumbering_the_others_does_not_hide_it() {
    let app = TestApp::new().await;
    trail(&app).await;
    tamper(&app.app, "audit_event", "DELETE FROM audit_event WHERE seq = 2").await;
    assert_eq!(damage(&app.app, None).await, Damage::Missing(2));
    tamper(&app.app, "audit_event", "UPDATE audit_event SET seq = 2 WHERE seq = 3").await;
    assert!(matches!(damage(&app.app, None).await, Damage::Changed { seq: 2, .. }));
}

#[tokio::test]
async fn an_inserted_row_is_named_wherever_it_is_put() {
    let app = TestApp::new().await;
    let rows = trail(&app).await;
    let end = rows.iter().filter_map(|row| row.seq).max().unwrap();
    let insert = async |seq: Option<i64>| {
        let row = Model {
            id: Uuid::now_v7(),
            seq,
            studies: Vec::new(),
            ..rows[0].clone()
        };
        let row = row.into_active_model().reset_all();
        audit_event::Entity::insert(row).exec_without_returning(app.app.db.writer()).await.unwrap();
    };
    insert(Some(end + 1)).await;
    assert!(matches!(damage(&app.app, None).await, Damage::Changed { seq, .. } if seq == end + 1));
    tamper(
        &app.app,
        "audit_event",
        &format!("DELETE FROM audit_event WHERE seq = {}", end + 1),
    )
    .await;
    // Without a place it is not given one: it has no hash of the server.
    insert(None).await;
    app.radiologist().await;
    app.app.audit.written().await;
    assert!(matches!(damage(&app.app, None).await, Damage::Foreign(_)));
}

#[tokio::test]
async fn entries_that_are_removed_from_the_index_of_studies_are_missed() {
    let app = TestApp::new().await;
    trail(&app).await;
    let one = "DELETE FROM audit_study WHERE event_id = (SELECT min(id) FROM audit_event WHERE kind = 'STUDY_CREATED')";
    let one = if on_postgres() {
        one.replace("min(id)", "min(id::text)::uuid")
    } else {
        one.into()
    };
    tamper(&app.app, "audit_study", &one).await;
    assert!(matches!(damage(&app.app, None).await, Damage::Index { from: 1, .. }));
}

#[tokio::test]
async fn a_cut_tail_is_found_by_the_recorded_end_and_when_that_is_changed_too_by_a_head_kept_elsewhere() {
    let app = TestApp::new().await;
    trail(&app).await;
    let kept: Head = head(app.app.db.reader()).await.unwrap().to_string().parse().unwrap();
    let (last, before) = (kept.seq, kept.seq - 1);
    tamper(
        &app.app,
        "audit_event",
        &format!("DELETE FROM audit_event WHERE seq = {last}"),
    )
    .await;
    assert_eq!(damage(&app.app, None).await, Damage::Cut(before));
    let moved =
        format!("UPDATE audit_head SET seq = {before}, hash = (SELECT hash FROM audit_event WHERE seq = {before})");
    tamper(&app.app, "audit_head", &moved).await;
    let shorter = verify(&app.app, &[], 1, None, |_, _| {}).await.unwrap();
    assert!(shorter.is_ok(), "nothing in the database tells of it: {shorter:?}");
    assert_eq!(damage(&app.app, Some(&kept)).await, Damage::Cut(before));
    // New rows take the place of what was cut off.
    app.user("somebody", domain::context::Role::Radiologist, None).await;
    app.app.audit.written().await;
    assert_eq!(damage(&app.app, Some(&kept)).await, Damage::Rewritten { seq: last });
}

#[tokio::test]
async fn another_secret_needs_the_former_one_to_verify_what_that_sealed() {
    let app = TestApp::new().await;
    trail(&app).await;
    let mut config = (*app.app.config).clone();
    config.secret = domain::config::Secret::new("another secret that is long enough for it");
    let stop = CancellationToken::new();
    let other = App::open_with(config, app.app.storage.clone(), stop.clone()).await.unwrap();
    assert!(matches!(damage(&other, None).await, Damage::UnknownKey { seq: 1, .. }));
    let former = [super::SECRET.to_owned()];
    assert!(verify(&other, &former, 1, None, |_, _| {}).await.unwrap().is_ok());
    stop.cancel();
}

/// Whoever comes links the rows: two processes write at the same time, reads and changes.
#[tokio::test]
async fn two_processes_make_one_chain_without_gaps_and_forks() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    let radiologist = app.radiologist().await;
    let uuid = uuid_of(&radiologist, &id).await.to_string();
    let stop = CancellationToken::new();
    let other = App::open_with((*app.app.config).clone(), app.app.storage.clone(), stop.clone()).await.unwrap();
    let mut running = tokio::task::JoinSet::new();
    for app in [&app.app, &other] {
        for worker in 0..4 {
            let (app, uuid) = (app.clone(), uuid.clone());
            running.spawn(async move {
                for n in 0..10 {
                    super::recording::read(&app, &uuid, &format!("{worker}-{n}")).await.unwrap();
                    super::recording::change(&app, &uuid).await;
                }
                app.audit.written().await;
            });
        }
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    let verified = whole(&app).await;
    let all = events(&app).await;
    assert_eq!(verified.rows as usize, all.len(), "everything has its place");
    let reads = all.iter().filter(|event| event.request_id.len() == 3 && event.kind == "STUDY_READ").count();
    let changes = all.iter().filter(|event| event.kind == "STUDY_PROCESSED").count();
    assert_eq!((reads, changes), (80, 80));
    let sealed = audit_event::Entity::find().order_by_asc(audit_event::Column::Seq).all(app.app.db.reader()).await;
    let places: Vec<i64> = sealed.unwrap().iter().filter_map(|row| row.seq).collect();
    assert_eq!(places, (1..=all.len() as i64).collect::<Vec<_>>());
    stop.cancel();
}

#[tokio::test]
async fn the_command_line_verifies_prints_the_head_and_fails_on_damage() {
    let place = Installation::new().await;
    let mut server = place.start(&["serve"]);
    let technician = place.technician(&server.base().await).await;
    technician.upload(tests::dicom::study(1)).await;
    technician.data("{ studies { nodes { id } } }", serde_json::json!({})).await;
    server.terminate().await;
    let head = place.run(&["audit", "head"]).await;
    let head = String::from_utf8(head.stdout).unwrap().trim().to_owned();
    let verified = place.run(&["audit", "verify", "--head", &head]).await;
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(
        verified.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&verified.stderr)
    );
    assert!(said.contains("events are as they were written"), "{said}");
    let listed = audit_event::Entity::find().all(place.app.db.reader()).await.unwrap();
    assert!(
        listed.iter().any(|event| event.kind == "STUDY_LISTED"),
        "a graceful stop loses no record of a read"
    );
    tamper(
        &place.app,
        "audit_event",
        "UPDATE audit_event SET remote = 'elsewhere' WHERE seq = 2",
    )
    .await;
    let refused = place.run(&["audit", "verify"]).await;
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("row 2 (event"), "{said}");
}
