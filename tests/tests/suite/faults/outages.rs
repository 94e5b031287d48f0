//! PostgreSQL crashes in the middle of work and comes back.

use super::fleet::Fleet;
use super::truth::{self, Ended};
use super::uploads::{self, Files};
use std::time::Instant;
use tests::app::on_postgres;
use tests::dicom::study;
use tests::own_postgres::{self, OwnPostgres};
use tests::process::{Installation, Site};
use tests::seed::Chance;
use tests::subscriber::{Subscriber, Wanted, Way};
use tests::wait;
use tokio::sync::Semaphore;

const OUTAGES: usize = 6;
const STUDIES: usize = 60;

#[tokio::test]
async fn work_goes_on_after_the_database_crashed() {
    const TEST: &str = "work_goes_on_after_the_database_crashed";
    if !on_postgres() {
        return;
    }
    let Some(programs) = own_postgres::programs() else {
        return wait::skip(
            TEST,
            "no initdb and postgres on PATH or in GANTRY_TEST_POSTGRES_PROGRAMS",
        );
    };
    let _turn = wait::turn().await;
    let (began, mut chance) = (Instant::now(), Chance::new(0x0dab));
    let mut database = OwnPostgres::start(programs).await.unwrap();
    let site = Site {
        postgres: true,
        settings: &[("GANTRY_LEASE_SECONDS", "2"), ("GANTRY_DATABASE_CONNECTIONS", "8")],
        database_url: Some(database.url()),
        ..Site::default()
    };
    let place = Installation::at(site).await;
    let fleet = Fleet::start(&place, 2, 2).await;
    let technician = place.technician(&fleet.url()).await;
    let subscribers = [Way::Sse, Way::WebSocket].map(|way| {
        let wanted = Wanted {
            field: "studyUpdated",
            arguments: String::new(),
        };
        Subscriber::start(technician.clone(), way, wanted)
    });

    let sent: Vec<Files> = (0..STUDIES).map(|_| study(1)).collect();
    let permits = Semaphore::new(0);
    let crashing = async {
        for _ in 0..OUTAGES {
            permits.add_permits(STUDIES / OUTAGES);
            tokio::time::sleep(chance.pause(100..600)).await;
            database.crash().await.unwrap();
            tokio::time::sleep(chance.pause(0..1500)).await;
            database.resume().await.unwrap();
        }
    };
    let (cut, ()) = tokio::join!(uploads::send_all(&technician, &sent, &permits), crashing);
    let Ended { jobs, lost, dead } = truth::jobs_end(&place, &technician).await;
    truth::subscribers_heard_everything(&place, &subscribers, |_, event| event.study.is_some()).await;
    let streams: Vec<_> = subscribers.iter().map(Subscriber::streams).collect();
    wait::say(&format!(
        "{OUTAGES} crashes of PostgreSQL, {STUDIES} studies, {jobs} jobs in {:.0} s: {cut} uploads failed, {lost} attempts again, {dead} jobs dead; {streams:?} streams",
        began.elapsed().as_secs_f64()
    ));
    assert!(cut + lost > 0, "no crash met any work");

    truth::each_file_is_there_once(&place, &sent).await;
    truth::each_result_is_there_once(&place, false).await;
    truth::events_are_legal(&place).await;
    drop(fleet);
    truth::nothing_is_orphaned(&place).await;
}
