//! Ten thousand events while the api process is killed again and again: every subscriber hears each once, in the table's order.

use super::fleet::Fleet;
use super::truth;
use super::uploads::{self, Files};
use domain::db::Db;
use domain::events::{self, EventKind, NewEvent};
use entity::study;
use sea_orm::EntityTrait;
use std::time::{Duration, Instant};
use tests::app::on_postgres;
use tests::process::{DEADLINE, Installation};
use tests::seed::Chance;
use tests::subscriber::{Subscriber, Wanted, Way};
use tests::{dicom, wait};
use tokio::sync::Semaphore;

const KILLS: usize = 20;
const EVENTS: usize = 10_000;
const WRITERS: usize = 4;
/// Most events of one transaction.
const MOST: u64 = 24;

#[tokio::test]
async fn ten_thousand_events_are_heard_once_and_in_order_across_twenty_kills() {
    let _turn = wait::turn().await;
    let (began, mut chance) = (Instant::now(), Chance::new(0xe7e2));
    let place = Installation::new().await;
    let mut fleet = Fleet::start(&place, 1, 1).await;
    let technician = place.technician(&fleet.url()).await;
    let mut sent: Vec<Files> = (0..8).map(|_| dicom::study(1)).collect();
    for files in &sent {
        uploads::send(&technician, files).await;
    }
    let studies = study::Entity::find().all(place.app.db.reader()).await.unwrap();
    let one = &studies[0];
    let of_one = format!(r#", id: "{}""#, one.study_code);
    let mut subscribers = Vec::new();
    for way in [Way::Sse, Way::WebSocket] {
        for (field, arguments) in [
            ("studyUpdated", ""),
            ("jobUpdated", ""),
            ("studyUpdated", of_one.as_str()),
        ] {
            let arguments = arguments.to_owned();
            subscribers.push(Subscriber::start(technician.clone(), way, Wanted { field, arguments }));
        }
    }

    let more: Vec<Files> = (0..KILLS).map(|_| dicom::study(1)).collect();
    let (room, permits) = (Semaphore::new(0), Semaphore::new(0));
    let writers: Vec<_> = (0..WRITERS).map(|_| write(&place.app.db, &studies, &room, chance.fork())).collect();
    let killing = async {
        for kill in 0..KILLS {
            room.add_permits(EVENTS / KILLS);
            permits.add_permits(1);
            // Each kill cuts off those who hear everything.
            wait::until("the subscribers are back", DEADLINE, async || {
                let back = |one: &&Subscriber| one.streams() > kill;
                (subscribers.iter().filter(hears_everything).filter(back).count() == 2).then_some(())
            })
            .await;
            tokio::time::sleep(chance.pause(0..400)).await;
            fleet.kill_api(0).await;
        }
    };
    let sending = uploads::send_all(&technician, &more, &permits);
    tokio::join!(futures::future::join_all(writers), sending, killing);
    sent.extend(more);
    let ended = truth::jobs_end(&place, &technician).await;
    truth::subscribers_heard_everything(&place, &subscribers, |subscriber, event| {
        match subscriber.wanted.field {
            "jobUpdated" => event.study.is_some() && event.job.is_some(),
            _ if subscriber.wanted.arguments.is_empty() => event.study.is_some(),
            _ => event.study == Some(one.id),
        }
    })
    .await;
    let heard: Vec<_> = subscribers.iter().map(|one| (one.way, one.heard().len(), one.streams())).collect();
    wait::say(&format!(
        "{KILLS} kills of the api, {} jobs in {:.0} s; (way, events, streams) of each subscriber: {heard:?}",
        ended.jobs,
        began.elapsed().as_secs_f64()
    ));
    assert!(heard[0].1 > EVENTS, "{heard:?}");
    truth::each_file_is_there_once(&place, &sent).await;
}

fn hears_everything(subscriber: &&Subscriber) -> bool {
    subscriber.wanted.field == "studyUpdated" && subscriber.wanted.arguments.is_empty()
}

/// One writer's share: transactions of several events each, some slow, some rolled back.
async fn write(db: &Db, studies: &[study::Model], room: &Semaphore, mut chance: Chance) {
    let mut left = EVENTS / WRITERS;
    while left > 0 {
        let count = usize::try_from(chance.within(1..MOST + 1)).unwrap().min(left);
        let permits = room.acquire_many(u32::try_from(count).unwrap()).await.unwrap();
        let tx = db.begin().await.unwrap();
        for _ in 0..count {
            events::append(&tx, event(&studies[chance.index(studies.len())])).await.unwrap();
        }
        if chance.one_in(8) {
            tokio::time::sleep(slow(&mut chance)).await;
        }
        if chance.one_in(6) {
            // Its permits go back: what is undone does not count.
            tx.rollback().await.unwrap();
            continue;
        }
        tx.commit().await.unwrap();
        permits.forget();
        left -= count;
    }
}

/// On SQLite all other writers wait meanwhile.
fn slow(chance: &mut Chance) -> Duration {
    chance.pause(if on_postgres() { 20..300 } else { 1..15 })
}

fn event(study: &study::Model) -> NewEvent {
    NewEvent {
        kind: EventKind::StudyUpdated,
        centre_id: Some(study.centre_id),
        study_id: Some(study.id),
        job_id: None,
        user_id: None,
        payload: serde_json::json!({}),
    }
}
