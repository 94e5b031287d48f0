//! `kill -9` at any point of ingest, rendering and transcoding.

use super::fleet::Fleet;
use super::truth::{self, Ended};
use super::uploads::{self, Files};
use std::time::Instant;
use tests::app::on_postgres;
use tests::dicom::study;
use tests::process::Installation;
use tests::seed::Chance;
use tests::wait;
use tokio::sync::Semaphore;

const KILLS: usize = 200;
const STUDIES: usize = 200;
const RLE_LOSSLESS: &str = "1.2.840.10008.1.2.5";
/// Most milliseconds from one kill to the next, besides the start of what takes the place of the killed.
const PAUSE: u64 = 250;

#[tokio::test]
async fn two_hundred_kills_lose_nothing_and_double_nothing() {
    let _turn = wait::turn().await;
    let (began, mut chance) = (Instant::now(), Chance::new(0x6b11));
    let settings = [("GANTRY_LEASE_SECONDS", "1"), ("GANTRY_TRANSCODE_TO", RLE_LOSSLESS)];
    let place = Installation::on(on_postgres(), &settings).await;
    let mut fleet = Fleet::start(&place, 2, 2).await;
    let technician = place.technician(&fleet.url()).await;
    let sent: Vec<Files> = (0..STUDIES).map(|_| study(if chance.one_in(2) { 1 } else { 2 })).collect();

    // Studies come as kills do, so that every kill meets work.
    let permits = Semaphore::new(0);
    let killing = async {
        for kill in 0..KILLS {
            permits.add_permits((kill + 1) * STUDIES / KILLS - kill * STUDIES / KILLS);
            tokio::time::sleep(chance.pause(0..PAUSE)).await;
            fleet.kill_one(&mut chance).await;
        }
    };
    let (cut, ()) = tokio::join!(uploads::send_all(&technician, &sent, &permits), killing);
    let Ended { jobs, lost, dead } = truth::jobs_end(&place, &technician).await;
    wait::say(&format!(
        "{KILLS} kills, {STUDIES} studies, {jobs} jobs in {:.0} s: {cut} uploads cut, {lost} attempts lost, {dead} jobs dead and retried",
        began.elapsed().as_secs_f64()
    ));
    assert!(
        cut > 0 && lost > 0,
        "no kill was in the middle of an upload, or of a job"
    );

    truth::each_file_is_there_once(&place, &sent).await;
    truth::each_result_is_there_once(&place, true).await;
    truth::events_are_legal(&place).await;
    drop(fleet);
    truth::nothing_is_orphaned(&place).await;
}
