//! The engine as one of the peers of `cargo xtask bench peers`: the arguments and the line of JSON of `tests/bench-peers/README.md`.

use crate::{Backend, queue};
use anyhow::{Result, bail};
use serde_json::json;

/// Does one measure on PostgreSQL, with a database of its own.
pub async fn measure(arguments: &[&str]) -> Result<()> {
    let mut line = json!({ "peer": "gantry", "version": env!("CARGO_PKG_VERSION") });
    match arguments {
        ["jobs", slots, count] => {
            let (slots, count) = (slots.parse()?, count.parse()?);
            let place = Backend::Postgres.install().await;
            line["slots"] = json!(slots);
            line["jobs_per_second"] = json!(queue::throughput(&place.app, slots, count).await?);
        }
        ["starts", count] => {
            let count = count.parse()?;
            let place = Backend::Postgres.install().await;
            let (median, last) = queue::latencies(&place.app, count).await?;
            line["start_p50_ms"] = json!(median);
            line["start_p99_ms"] = json!(last);
        }
        other => bail!(
            "not a measure: {}; there are jobs SLOTS COUNT, and starts COUNT",
            other.join(" ")
        ),
    }
    println!("{line}");
    Ok(())
}
