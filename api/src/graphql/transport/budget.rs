//! What one caller may ask in a minute, in units of cost, by `governor`.
//!
//! A caller who is silent for a minute has the whole budget, which then comes back evenly. Counting is in memory and of this process
//! alone: with several processes a caller has as many budgets.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

/// After so many charges those callers are forgotten whose budget is whole again, so that memory is bounded by what was spent in the last minute.
const FORGET_EVERY: usize = 1_024;

const MINUTE: Duration = Duration::from_secs(60);

/// Who pays for an operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// Somebody who is signed in, wherever they are.
    Account(String),
    /// Whoever calls from an address; see [`Payer::at`].
    Address(IpAddr),
    /// Everybody of whom nothing is known.
    Unknown,
}

impl Payer {
    /// The payer for an address. IPv6 is counted by its first 64 bits, because a single host has all addresses below them.
    pub fn at(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V6(address)) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Self::Address(IpAddr::V6(network.into()))
            }
            Some(address) => Self::Address(address),
            None => Self::Unknown,
        }
    }
}

/// Where a caller stands after a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Units of a whole budget.
    pub limit: u32,
    /// Units that are left.
    pub remaining: u32,
    /// Seconds until the budget is whole again.
    pub reset: u64,
}

/// A charge that the budget does not cover; nothing was taken.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// What is left.
    pub standing: Standing,
    /// Seconds after which the charge is covered.
    pub retry_after: u64,
}

type Limiter = RateLimiter<Payer, DashMapStateStore<Payer>, DefaultClock, StateInformationMiddleware>;

/// The budgets of all callers.
pub struct Budget {
    limiter: Limiter,
    per_minute: NonZeroU32,
    charges: AtomicUsize,
}

impl Budget {
    /// Gives everybody so many units a minute.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let limiter = RateLimiter::dashmap(Quota::per_minute(per_minute)).with_middleware();
        Self {
            limiter,
            per_minute,
            charges: AtomicUsize::new(0),
        }
    }

    /// Takes units from a caller's budget; more than a whole budget are taken for a whole one.
    pub fn charge(&self, payer: &Payer, units: NonZeroU32) -> Result<Standing, Spent> {
        if self.charges.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let units = units.min(self.per_minute);
        let wait = match self.limiter.check_key_n(payer, units) {
            Ok(Ok(state)) => return Ok(self.standing(state.remaining_burst_capacity())),
            Ok(Err(not_until)) => not_until.wait_time_from(self.limiter.clock().now()),
            Err(_) => MINUTE,
        };
        let missing = wait.as_nanos().div_ceil((MINUTE / self.per_minute.get()).as_nanos().max(1));
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        Err(Spent {
            standing: self.standing(units.get().saturating_sub(missing)),
            retry_after: wait.as_millis().div_ceil(1_000).max(1) as u64,
        })
    }

    fn standing(&self, remaining: u32) -> Standing {
        let limit = self.per_minute.get();
        let used = u64::from(limit.saturating_sub(remaining));
        Standing {
            limit,
            remaining,
            reset: (used * 60).div_ceil(u64::from(limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    #[test]
    fn a_budget_is_spent_by_its_payer_alone() {
        let budget = Budget::new(units(10));
        let ada = Payer::Account("ada".into());
        assert_eq!(
            budget.charge(&ada, units(7)).unwrap(),
            Standing {
                limit: 10,
                remaining: 3,
                reset: 42
            }
        );
        let spent = budget.charge(&ada, units(6)).unwrap_err();
        assert_eq!(spent.standing.remaining, 3);
        // Three units are missing, of which one comes in six seconds.
        assert!((13..=18).contains(&spent.retry_after), "{spent:?}");
        assert_eq!(budget.charge(&ada, units(3)).unwrap().remaining, 0);
        assert_eq!(budget.charge(&Payer::Unknown, units(99)).unwrap().remaining, 0);
    }

    #[test]
    fn callers_whose_budget_is_whole_are_forgotten() {
        // A unit is back after a nanosecond or so.
        let budget = Budget::new(units(u32::MAX));
        for n in 0..100_000_u32 {
            let payer = Payer::Address(IpAddr::V4(n.into()));
            budget.charge(&payer, units(1)).unwrap();
        }
        assert!(budget.limiter.len() <= 2 * FORGET_EVERY, "{}", budget.limiter.len());
    }

    #[test]
    fn addresses_of_one_host_pay_together() {
        let at = |text: &str| Payer::at(Some(text.parse().unwrap()));
        assert_eq!(at("2001:db8:1:2:3:4:5:6"), at("2001:db8:1:2::1"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
