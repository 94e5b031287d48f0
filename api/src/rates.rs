//! Rate limits (contract X-31): how much each caller may ask of the server in a while, by `governor`.
//!
//! Three limits are those of the PACS document: requests of an address, requests of a user, uploads of a user. Pictures have one of
//! their own, because a page loads dozens at once, and GraphQL is paid by cost. Health, metrics, pages and the protocol of workers
//! are free. Counting is in memory; `exchange` lets the limits of several processes hold together.

mod arrivals;
mod exchange;
mod limiter;
mod metered;
mod payer;
mod told;

pub use exchange::exchange;
pub use limiter::{Limiter, Spent, Standing};
pub use metered::{Meter, Metered, Rate, too_many};
pub use payer::Payer;
pub use told::tell;

use domain::config::{Config, Switch};
use domain::{Context, Result};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
pub const ONE: NonZeroU32 = NonZeroU32::MIN;

/// Every limit of one process.
pub struct Rates {
    pub address: Limiter,
    pub user: Limiter,
    pub uploads: Limiter,
    pub media: Limiter,
    /// Shared with the GraphQL transport.
    pub cost: Arc<Limiter>,
}

impl Rates {
    /// Nothing when limits are switched off.
    pub fn new(config: &Config) -> Option<Arc<Self>> {
        let rates = || Self {
            address: Limiter::new("ip", config.rate_limit_ip_per_minute, MINUTE),
            user: Limiter::new("user", config.rate_limit_user_per_hour, HOUR),
            uploads: Limiter::new("uploads", config.rate_limit_uploads_per_minute, MINUTE),
            media: Limiter::new("media", config.rate_limit_media_per_minute, MINUTE),
            cost: Arc::new(Limiter::new("cost", config.graphql_cost_per_minute, MINUTE)),
        };
        (config.rate_limits == Switch::On).then(|| Arc::new(rates()))
    }

    /// Counts a sign-in within a request that may hold many: each takes a processor for a while.
    pub fn signs_in(&self, caller: &Context) -> Result<()> {
        let charged = self.address.charge(&Payer::at(caller.remote), ONE);
        charged.map(drop).map_err(|spent| too_many(&self.address, &spent))
    }

    fn all(&self) -> [&Limiter; 5] {
        [&self.address, &self.user, &self.uploads, &self.media, &self.cost]
    }
}
