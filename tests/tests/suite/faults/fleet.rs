//! The processes of an installation behind one address, to be killed and replaced.

use std::net::SocketAddr;
use tests::process::{Installation, Process};
use tests::proxy::Proxy;
use tests::seed::Chance;

pub struct Fleet<'a> {
    place: &'a Installation,
    /// What clients speak to; it leads to the api processes that live.
    switch: Proxy,
    apis: Vec<Api>,
    pub workers: Vec<Process>,
}

struct Api {
    process: Process,
    address: SocketAddr,
}

impl<'a> Fleet<'a> {
    pub async fn start(place: &'a Installation, apis: usize, workers: usize) -> Self {
        let switch = Proxy::start(Vec::new()).await.unwrap();
        let apis = futures::future::join_all((0..apis).map(|_| api(place))).await;
        let workers = (0..workers).map(|_| place.start(&["worker"])).collect();
        let fleet = Self {
            place,
            switch,
            apis,
            workers,
        };
        fleet.lead();
        fleet
    }

    pub fn url(&self) -> String {
        self.switch.url()
    }

    fn lead(&self) {
        self.switch.lead_to(self.apis.iter().map(|api| api.address).collect());
    }

    /// `kill -9` for one of all processes; another takes its place at once.
    pub async fn kill_one(&mut self, chance: &mut Chance) {
        match chance.index(self.apis.len() + self.workers.len()).checked_sub(self.apis.len()) {
            Some(worker) => self.kill_worker(worker).await,
            None => {
                let api = chance.index(self.apis.len());
                self.kill_api(api).await;
            }
        }
    }

    pub async fn kill_worker(&mut self, number: usize) {
        self.workers[number].kill().await;
        self.workers[number] = self.place.start(&["worker"]);
    }

    pub async fn kill_api(&mut self, number: usize) {
        self.apis[number].process.kill().await;
        self.apis[number] = api(self.place).await;
        self.lead();
    }

    /// SIGTERM for a worker, which must end well; another takes its place.
    pub async fn roll_worker(&mut self, number: usize) {
        let next = self.place.start(&["worker"]);
        ends_well(&mut std::mem::replace(&mut self.workers[number], next)).await;
    }

    /// Another api process takes over; then SIGTERM for this one, which must end well.
    pub async fn roll_api(&mut self, number: usize) {
        let next = api(self.place).await;
        let mut last = std::mem::replace(&mut self.apis[number], next);
        self.lead();
        ends_well(&mut last.process).await;
    }
}

async fn api(place: &Installation) -> Api {
    let mut process = place.start(&["api"]);
    let base = process.base().await;
    let address = base.strip_prefix("http://").and_then(|address| address.parse().ok());
    Api {
        process,
        address: address.unwrap_or_else(|| panic!("no address: {base}")),
    }
}

async fn ends_well(process: &mut Process) {
    let status = process.terminate().await;
    assert!(status.success(), "{status}: {}", process.log());
}
