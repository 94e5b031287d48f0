//! Lets the limits of several processes hold together: each tells the others, through the database, what it let through.
//!
//! A limit is checked in memory, without a round trip. What others let through is charged when it is heard, also beyond the limit,
//! so that over any time longer than the interval all processes together let through what one alone would; what they can exceed is
//! what the others let through within one interval, and a tenth that is not worth telling.

use super::{Payer, Rates};
use domain::rate_use::{self, Round};
use domain::{App, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const INTERVAL: Duration = Duration::from_millis(500);
/// Callers of one limit in one round; the others come with the next ones.
const AT_ONCE: usize = 500;

/// Goes on until the process stops.
pub async fn exchange(app: App, rates: Arc<Rates>) {
    let mut talk = Talk {
        process: Uuid::new_v4(),
        round: 0,
        heard: HashMap::new(),
    };
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        if let Err(error) = talk.exchange(&app, &rates).await {
            tracing::debug!(%error, "rate limits are those of this process alone for now");
        }
    }
}

struct Talk {
    process: Uuid,
    round: i64,
    /// The last round of each other process that was charged.
    heard: HashMap<Uuid, i64>,
}

impl Talk {
    async fn exchange(&mut self, app: &App, rates: &Rates) -> Result<()> {
        let uses: Vec<Value> = rates
            .all()
            .into_iter()
            .flat_map(|limiter| {
                limiter.untold(AT_ONCE).into_iter().map(|(payer, units)| json!([limiter.name, payer, units]))
            })
            .collect();
        if !uses.is_empty() {
            self.round += 1;
            let (process, round) = (self.process, self.round);
            let uses = uses.into();
            rate_use::tell(&app.db, Round { process, round, uses }).await?;
        }
        let told = rate_use::others(&app.db, self.process).await?;
        self.heard.retain(|process, _| told.iter().any(|round| round.process == *process));
        for round in told {
            let last = self.heard.entry(round.process).or_default();
            if round.round > *last {
                *last = round.round;
                charge(rates, round.uses)?;
            }
        }
        Ok(())
    }
}

/// Of a newer version's limits those are passed over that this one does not have.
fn charge(rates: &Rates, uses: Value) -> Result<()> {
    let uses: Vec<(String, Payer, u64)> = serde_json::from_value(uses).map_err(Error::internal)?;
    for (name, payer, units) in uses {
        if let Some(limiter) = rates.all().into_iter().find(|limiter| limiter.name == name) {
            limiter.heard(payer, units);
        }
    }
    Ok(())
}
