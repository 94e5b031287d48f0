//! All processes are replaced one after the other, as an update does, while clients work on.

use super::fleet::Fleet;
use super::truth;
use super::uploads::{self, Files};
use std::cell::RefCell;
use std::time::Instant;
use tests::app::on_postgres;
use tests::dicom::{many_series, study};
use tests::outbox;
use tests::process::Installation;
use tests::subscriber::{Subscriber, Wanted, Way};
use tests::wait;
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 3;
const CLIENTS: usize = 2;
/// Studies that take a worker longer than it may go on after SIGTERM.
const HEAVY: u32 = 10;

#[tokio::test]
async fn a_rolling_restart_loses_no_request_no_message_and_no_attempt() {
    let _turn = wait::turn().await;
    let began = Instant::now();
    let place = Installation::on(on_postgres(), &[]).await;
    let mut fleet = Fleet::start(&place, 2, 2).await;
    let technician = place.technician(&fleet.url()).await;
    let subscribers = [Way::Sse, Way::WebSocket].map(|way| {
        let wanted = Wanted {
            field: "jobUpdated",
            arguments: String::new(),
        };
        Subscriber::start(technician.clone(), way, wanted)
    });

    let (rolled, sent) = (CancellationToken::new(), RefCell::new(Vec::<Files>::new()));
    let clients = (0..CLIENTS).map(|_| async {
        let mut cut = 0;
        while !rolled.is_cancelled() {
            let files = study(1);
            cut += uploads::send(&technician, &files).await.1;
            sent.borrow_mut().push(files);
        }
        cut
    });
    let rolling = async {
        for _ in 0..ROUNDS {
            for number in 0..2 {
                let heavy = many_series(HEAVY, 1024);
                uploads::send(&technician, &heavy).await;
                sent.borrow_mut().push(heavy);
                fleet.roll_worker(number).await;
                fleet.roll_api(number).await;
            }
        }
        rolled.cancel();
    };
    let (cut, ()) = tokio::join!(futures::future::join_all(clients), rolling);
    let (cut, sent) = (cut.iter().sum::<usize>(), sent.into_inner());
    truth::jobs_end(&place, &technician).await;
    truth::subscribers_heard_everything(&place, &subscribers, |_, event| {
        event.study.is_some() && event.job.is_some()
    })
    .await;

    let jobs = truth::jobs(&place).await;
    for job in &jobs {
        assert_eq!((job.attempt, job.lost_leases), (1, 0), "{job:?}");
    }
    let told = outbox::all(&place.app.db).await;
    let queued = told.iter().filter(|event| event.kind == "JOB_QUEUED" && event.study.is_some()).count();
    let released = queued - jobs.len();
    wait::say(&format!(
        "{} processes replaced in {:.0} s: {} studies, {cut} uploads sent again, {released} jobs given back",
        ROUNDS * 4,
        began.elapsed().as_secs_f64(),
        sent.len()
    ));
    assert!(released > 0, "no worker was stopped in the middle of a job");
    truth::each_file_is_there_once(&place, &sent).await;
    truth::each_result_is_there_once(&place, false).await;
    truth::events_are_legal(&place).await;
    drop(fleet);
    truth::nothing_is_orphaned(&place).await;
}
