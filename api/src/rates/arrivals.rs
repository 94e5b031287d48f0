//! The state of a limiter: for each caller the time at which the limit is whole again, and what other processes do not know yet.
//!
//! governor's own stores can only be asked; here the time can be moved on as well, by what other processes let through.

use super::Payer;
use governor::nanos::Nanos;
use governor::state::StateStore;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Default)]
pub struct Arrivals(Arc<Mutex<HashMap<Payer, Place>>>);

struct Place {
    /// The theoretical arrival time of the generic cell rate algorithm, since the limiter was made.
    arrival: Nanos,
    /// Units that this process let through and has not told of.
    untold: u64,
}

impl StateStore for Arrivals {
    type Key = Payer;

    fn measure_and_replace<T, F, E>(&self, payer: &Payer, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut places = self.places();
        let known = places.get_mut(payer);
        let (answer, arrival) = decide(known.as_ref().map(|place| place.arrival))?;
        match known {
            Some(place) => place.arrival = arrival,
            None => drop(places.insert(payer.clone(), Place { arrival, untold: 0 })),
        }
        Ok(answer)
    }
}

impl Arrivals {
    /// Remembers that units were let through, for those who are told of it.
    pub fn passed(&self, payer: &Payer, units: NonZeroU32) {
        if let Some(place) = self.places().get_mut(payer) {
            place.untold += u64::from(units.get());
        }
    }

    /// Takes the untold units of the callers, at most so many, whose limit is whole only after a time.
    pub fn take(&self, most: usize, after: Nanos) -> Vec<(Payer, u64)> {
        let mut places = self.places();
        let worth_telling = places.iter_mut().filter(|(_, place)| place.untold > 0 && place.arrival > after);
        worth_telling
            .take(most)
            .map(|(payer, place)| (payer.clone(), std::mem::take(&mut place.untold)))
            .collect()
    }

    /// Moves a caller's time on, from now when it was before, and not beyond a last one.
    pub fn postpone(&self, payer: Payer, now: Nanos, by: Nanos, last: Nanos) {
        let mut places = self.places();
        let place = places.entry(payer).or_insert(Place {
            arrival: now,
            untold: 0,
        });
        place.arrival = (place.arrival.max(now) + by).min(last).max(place.arrival);
    }

    /// Forgets those whose limit is whole.
    pub fn forget(&self, now: Nanos) {
        self.places().retain(|_, place| place.arrival > now);
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.places().len()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Payer, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
