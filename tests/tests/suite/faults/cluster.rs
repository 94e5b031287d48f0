//! Several processes of each kind share the work of many studies.

use super::fleet::Fleet;
use super::truth;
use super::uploads::{self, Files};
use std::collections::BTreeMap;
use std::time::Instant;
use tests::app::on_postgres;
use tests::dicom::noisy;
use tests::process::Installation;
use tests::wait;

const STUDIES: usize = 1000;
/// Studies of one request.
const TOGETHER: usize = 50;
const WORKERS: usize = 3;

#[tokio::test]
async fn three_workers_render_a_thousand_studies_once_and_share_them() {
    if !on_postgres() {
        return;
    }
    let _turn = wait::turn().await;
    let began = Instant::now();
    let place = Installation::on(true, &[("GANTRY_DATABASE_CONNECTIONS", "8")]).await;
    let fleet = Fleet::start(&place, 2, WORKERS).await;
    let technician = place.technician(&fleet.url()).await;
    let sent: Vec<Files> = (0..STUDIES).map(|_| noisy(1, 16).collect()).collect();
    for studies in sent.chunks(TOGETHER) {
        let (uploaded, _) = uploads::send(&technician, &studies.concat()).await;
        assert_eq!(uploaded["studies"].as_array().unwrap().len(), TOGETHER);
    }
    truth::jobs_end(&place, &technician).await;
    let took = began.elapsed();

    let mut shares = BTreeMap::<String, usize>::new();
    let jobs = truth::jobs(&place).await;
    for job in &jobs {
        assert_eq!((job.attempt, job.lost_leases), (1, 0), "{job:?}");
        *shares.entry(job.worker.clone().unwrap()).or_default() += 1;
    }
    wait::say(&format!(
        "{STUDIES} studies, {} jobs in {:.0} s; jobs of each worker: {:?}",
        jobs.len(),
        took.as_secs_f64(),
        shares.values()
    ));
    assert_eq!(shares.len(), WORKERS);
    assert!(
        shares.values().all(|share| share * 100 >= jobs.len() * 15),
        "{shares:?}"
    );
    truth::each_file_is_there_once(&place, &sent).await;
    truth::each_result_is_there_once(&place, false).await;
    truth::events_are_legal(&place).await;
    drop(fleet);
    truth::nothing_is_orphaned(&place).await;
}
