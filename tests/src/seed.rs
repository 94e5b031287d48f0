//! Chance that can be repeated: a small generator, whose seed is told when the test fails.
//!
//! It decides where faults fall. What the processes make of that also depends on the scheduler, so that a seed repeats the faults
//! and not every step; it is the best start there is for looking at a failure.

use std::ops::Range;
use std::time::Duration;

/// Takes the place of every test's own seed.
pub const SEED: &str = "GANTRY_TEST_SEED";

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    /// # Panics
    /// When the environment names a seed that is no number.
    pub fn new(seed: u64) -> Self {
        let asked = std::env::var(SEED).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{SEED}={text}")));
        let seed = asked.unwrap_or(seed);
        Self { seed, state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of the range, which must not be empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// A place in a list of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.within(0..length as u64)).unwrap_or(0)
    }

    pub fn one_in(&mut self, times: u64) -> bool {
        self.within(0..times) == 0
    }

    /// Milliseconds of the range: how long a fault waits, so that it falls anywhere.
    pub fn pause(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    /// Another generator, for a task beside this one.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self {
            seed: self.seed,
            state: self.next(),
        }
    }
}

impl Drop for Chance {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the faults can be repeated with {SEED}={}", self.seed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_seed_repeats_its_numbers_and_another_has_others() {
        let numbers = |seed| {
            let mut chance = Chance { seed, state: seed };
            (0..50).map(|_| chance.within(10..20)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
        assert!(numbers(1).iter().all(|number| (10..20).contains(number)));
        assert!(
            (10..20).all(|number| numbers(1).contains(&number)),
            "every number comes"
        );
    }
}
