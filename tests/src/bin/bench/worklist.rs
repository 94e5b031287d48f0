//! The worklist of a thousand studies beside that of a million: what a filter costs must not depend on the size of the archive.
//!
//! Both sizes answer pages of the same length, so that only the finding differs, and take turns request by request.

mod filters;

use crate::archive::{Archive, READER, size};
use crate::load::{self, Request, percentile};
use crate::{Backend, title};
use anyhow::{Context, Result, ensure};
pub use filters::QUERY as PAGE;
use filters::{FILTERS, Filter, QUERY, Sample};
use serde_json::Value;
use std::time::Duration;
use tests::Client;
use tests::app::PASSWORD;
use tests::process::{Installation, Process};

const SIZES: [i64; 2] = [1_000, 1_000_000];
const REQUESTS: usize = 200;
const WARM_UP: usize = 10;
/// A page is as long as both sizes can fill it, and at most this long.
const LONGEST: usize = 50;
/// A p95 at the larger size that is more times that at the smaller one is marked.
const ALLOWED: f64 = 1.5;

pub async fn measure(backends: &[Backend]) -> Result<()> {
    let sizes = [SIZES[0], size(SIZES[1])?];
    for backend in backends {
        title(&format!(
            "Worklist, {} and {} studies, one client, {}",
            sizes[0],
            sizes[1],
            backend.name()
        ));
        let (small, large) = (
            Side::start(*backend, sizes[0]).await?,
            Side::start(*backend, sizes[1]).await?,
        );
        let rare = filters::rare_name(&small, &large).await?;
        head();
        for filter in FILTERS {
            compare(filter, &small, &large, rare).await.with_context(|| filter.name)?;
        }
    }
    Ok(())
}

/// A server with its archive.
struct Side {
    client: Client,
    sample: Sample,
    _api: Process,
    _place: Installation,
}

impl Side {
    async fn start(backend: Backend, studies: i64) -> Result<Self> {
        let place = backend.install().await;
        let archive = Archive { studies, images: false };
        archive.fill(&place.app, backend.name()).await?;
        let mut api = place.start(&["api"]);
        let client = Client::sign_in(&api.base().await, READER, PASSWORD).await;
        let sample = Sample::of(&place.app, &client, studies).await?;
        Ok(Self {
            client,
            sample,
            _api: api,
            _place: place,
        })
    }

    fn request(&self, variables: &Value) -> Request {
        Request::new(
            format!("{}/graphql", self.client.base),
            self.client.token.clone(),
            QUERY,
            variables,
        )
    }

    async fn answer(&self, variables: &Value) -> Result<Value> {
        self.request(variables).answer(&self.client.http).await
    }

    /// The variables of a page, and how many studies are on it.
    async fn page(&self, filter: &Filter, rare: &str, first: usize) -> Result<(Value, usize)> {
        let mut variables = (filter.variables)(&self.sample, rare);
        variables["first"] = first.into();
        let mut answer = self.answer(&variables).await?;
        if filter.second_page {
            variables["after"] = answer["studies"]["pageInfo"]["endCursor"].clone();
            answer = self.answer(&variables).await?;
        }
        let nodes = answer["studies"]["nodes"].as_array().context("no nodes")?;
        Ok((variables, nodes.len()))
    }
}

async fn compare(filter: &Filter, small: &Side, large: &Side, rare: &str) -> Result<()> {
    let (_, one) = small.page(filter, rare, LONGEST).await?;
    let (_, other) = large.page(filter, rare, LONGEST).await?;
    let first = one.min(other).max(1);
    let ((small_page, _), (large_page, found)) = (
        small.page(filter, rare, first).await?,
        large.page(filter, rare, first).await?,
    );
    ensure!(found <= first, "{found} studies on a page of {first}");
    let http = load::client()?;
    let mut requests = [small.request(&small_page), large.request(&large_page)];
    for request in &mut requests {
        request.answer(&http).await?;
    }
    let mut waits: [Vec<Duration>; 2] = Default::default();
    for turn in 0..WARM_UP + REQUESTS {
        for (request, waits) in requests.iter().zip(&mut waits) {
            let wait = request.wait(&http, turn < WARM_UP).await?;
            if turn >= WARM_UP {
                waits.push(wait);
            }
        }
    }
    row(filter.name, first, &mut waits);
    Ok(())
}

fn head() {
    println!(
        "  {:<42} {:>5} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "milliseconds", "page", "p50", "p50", "p95", "p95", "ratio"
    );
}

fn row(name: &str, page: usize, waits: &mut [Vec<Duration>; 2]) {
    let [p50, p95] = [50, 95].map(|part| waits.each_mut().map(|waits| percentile(waits, part)));
    let ratio = p95[1] / p95[0];
    let mark = if ratio > ALLOWED { "  !" } else { "" };
    println!(
        "  {name:<42} {page:>5} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {ratio:>7.2}{mark}",
        p50[0], p50[1], p95[0], p95[1]
    );
}
