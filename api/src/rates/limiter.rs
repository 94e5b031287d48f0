//! One limit: so many units in a window of time for each caller.
//!
//! A caller who is silent for a window has the whole limit, which then comes back evenly.

use super::Payer;
use super::arrivals::Arrivals;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// After so many charges those callers are forgotten whose limit is whole again, so that memory is bounded by what was spent in the
/// last window.
const FORGET_EVERY: usize = 1_024;
/// Other processes are told of callers who have used more than this part of their limit.
const WORTH_TELLING: u32 = 10;

/// Where a caller stands after a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Units of a whole limit.
    pub limit: u32,
    /// Units that are left.
    pub remaining: u32,
    /// Seconds until the limit is whole again.
    pub reset: u64,
}

/// A charge that the limit does not cover; nothing was taken.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// What is left.
    pub standing: Standing,
    /// Seconds after which the charge is covered.
    pub retry_after: u64,
}

/// The limits of all callers.
pub struct Limiter {
    pub name: &'static str,
    pub limit: NonZeroU32,
    pub window: Duration,
    start: <DefaultClock as Clock>::Instant,
    arrivals: Arrivals,
    rate: RateLimiter<Payer, Arrivals, DefaultClock, StateInformationMiddleware>,
    charges: AtomicUsize,
}

impl Limiter {
    /// Gives everybody so many units in a window.
    pub fn new(name: &'static str, limit: NonZeroU32, window: Duration) -> Self {
        let arrivals = Arrivals::default();
        let every = Quota::with_period(window / limit.get()).unwrap_or_else(|| Quota::per_second(NonZeroU32::MAX));
        let clock = DefaultClock::default();
        Self {
            name,
            limit,
            window,
            start: clock.now(),
            rate: RateLimiter::new(every.allow_burst(limit), arrivals.clone(), clock),
            arrivals,
            charges: AtomicUsize::new(0),
        }
    }

    /// Takes units from a caller's limit; more than a whole limit are taken for a whole one.
    pub fn charge(&self, payer: &Payer, units: NonZeroU32) -> Result<Standing, Spent> {
        if self.charges.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.arrivals.forget(self.now());
        }
        let units = units.min(self.limit);
        let wait = match self.rate.check_key_n(payer, units) {
            Ok(Ok(state)) => {
                self.arrivals.passed(payer, units);
                return Ok(self.standing(state.remaining_burst_capacity()));
            }
            Ok(Err(not_until)) => not_until.wait_time_from(self.rate.clock().now()),
            Err(_) => self.window,
        };
        let missing = wait.as_nanos().div_ceil(u128::from(self.unit().as_u64()));
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        Err(Spent {
            standing: self.standing(units.get().saturating_sub(missing)),
            retry_after: wait.as_millis().div_ceil(1_000).max(1) as u64,
        })
    }

    /// What other processes should know: units let through since the last time, of at most so many callers.
    pub fn untold(&self, most: usize) -> Vec<(Payer, u64)> {
        let much = Nanos::from(self.window / WORTH_TELLING);
        self.arrivals.take(most, self.now() + much)
    }

    /// Charges what another process let through, also when the limit does not cover it: the caller then owes it, up to one window.
    pub fn heard(&self, payer: Payer, units: u64) {
        let now = self.now();
        let by = Nanos::from(self.unit().as_u64().saturating_mul(units).min(Nanos::from(self.window * 2).as_u64()));
        self.arrivals.postpone(payer, now, by, now + Nanos::from(self.window * 2));
    }

    /// The time in which one unit comes back.
    fn unit(&self) -> Nanos {
        Nanos::from((self.window / self.limit.get()).max(Duration::from_nanos(1)))
    }

    fn now(&self) -> Nanos {
        self.rate.clock().now().duration_since(self.start).into()
    }

    fn standing(&self, remaining: u32) -> Standing {
        let limit = self.limit.get();
        let used = u64::from(limit.saturating_sub(remaining));
        Standing {
            limit,
            remaining,
            reset: (used * self.window.as_secs()).div_ceil(u64::from(limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    const MINUTE: Duration = Duration::from_secs(60);

    fn units(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    fn limiter(n: u32) -> Limiter {
        Limiter::new("test", units(n), MINUTE)
    }

    #[test]
    fn a_limit_is_spent_by_its_payer_alone() {
        let limiter = limiter(10);
        let ada = Payer::Account("ada".into());
        assert_eq!(
            limiter.charge(&ada, units(7)).unwrap(),
            Standing {
                limit: 10,
                remaining: 3,
                reset: 42
            }
        );
        let spent = limiter.charge(&ada, units(6)).unwrap_err();
        assert_eq!(spent.standing.remaining, 3);
        // Three units are missing, of which one comes in six seconds.
        assert!((13..=18).contains(&spent.retry_after), "{spent:?}");
        assert_eq!(limiter.charge(&ada, units(3)).unwrap().remaining, 0);
        assert_eq!(limiter.charge(&Payer::Unknown, units(99)).unwrap().remaining, 0);
    }

    #[test]
    fn callers_whose_limit_is_whole_are_forgotten() {
        // A unit is back after a nanosecond or so.
        let limiter = limiter(u32::MAX);
        for n in 0..100_000_u32 {
            let payer = Payer::Address(IpAddr::V4(n.into()));
            limiter.charge(&payer, units(1)).unwrap();
        }
        assert!(limiter.arrivals.len() <= 2 * FORGET_EVERY, "{}", limiter.arrivals.len());
    }

    #[test]
    fn what_other_processes_let_through_counts_and_is_owed() {
        let (here, there) = (limiter(10), limiter(10));
        let ada = Payer::Account("ada".into());
        there.charge(&ada, units(1)).unwrap();
        assert_eq!(there.untold(9), [], "a tenth is not worth telling");
        there.charge(&ada, units(3)).unwrap();
        assert_eq!(there.untold(9), [(ada.clone(), 4)]);
        assert_eq!(there.untold(9), [], "told once");
        here.heard(ada.clone(), 4);
        assert_eq!(here.charge(&ada, units(6)).unwrap().remaining, 0);
        assert_eq!(here.untold(9), [(ada.clone(), 6)], "what was heard is not told again");
        // Five more than there were: half a minute is owed besides the first unit.
        here.heard(ada.clone(), 5);
        let spent = here.charge(&ada, units(1)).unwrap_err();
        assert!((33..=36).contains(&spent.retry_after), "{spent:?}");
        here.heard(ada.clone(), u64::MAX);
        assert!(
            here.charge(&ada, units(1)).unwrap_err().retry_after <= 66,
            "a debt is bounded"
        );
    }

    #[test]
    fn a_round_names_so_many_callers_and_the_next_one_the_rest() {
        let limiter = limiter(10);
        for n in 0..30_u32 {
            limiter.charge(&Payer::Address(IpAddr::V4(n.into())), units(5)).unwrap();
        }
        assert_eq!((limiter.untold(20).len(), limiter.untold(20).len()), (20, 10));
    }
}
