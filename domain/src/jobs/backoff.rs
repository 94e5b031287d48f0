//! How long a failed job waits.

use rand::Rng;
use std::time::Duration;

const FIRST: f64 = 2.0;
const LONGEST: f64 = 3600.0;
/// What is out of order is looked at again often enough that work goes on soon after it is back.
const LONGEST_OUTAGE: f64 = 300.0;

/// Doubles with every failure from 2 s up to an hour, with a jitter of half of it, so that jobs that failed together do not
/// come back together. `failures` counts from 1.
pub fn backoff(failures: i32) -> Duration {
    wait(failures, LONGEST)
}

/// The same up to five minutes, for jobs that wait for something that is out of order. `deferrals` counts from 1.
pub fn outage_backoff(deferrals: i32) -> Duration {
    wait(deferrals, LONGEST_OUTAGE)
}

fn wait(times: i32, longest: f64) -> Duration {
    let full = (FIRST * 2f64.powi(times.clamp(1, 20) - 1)).min(longest);
    Duration::from_secs_f64(full * rand::rng().random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_bounds() {
        for failures in 1..40 {
            let full = (FIRST * 2f64.powi(failures - 1)).min(LONGEST);
            let wait = backoff(failures).as_secs_f64();
            assert!((full / 2.0..=full).contains(&wait), "{failures}: {wait}");
            assert!(outage_backoff(failures).as_secs_f64() <= full.min(LONGEST_OUTAGE));
        }
    }
}
